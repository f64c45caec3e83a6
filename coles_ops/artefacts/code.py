"""The code that a result follows from: modules of this project by their imports, and packages by their versions."""

import ast
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[2]  # of the project
_PROJECT = {"coles_ops", "expectations", "tasks", "flows", "deployments"}

# Packages whose next version may give other results, by the names in imports (also in ray.tune.search.optuna).
_PACKAGES = {
    "catboost": "catboost",
    "great_expectations": "great-expectations",
    "lightgbm": "lightgbm",
    "numpy": "numpy",
    "optuna": "optuna",
    "pandas": "pandas",
    "ptls": "pytorch-lifestream",
    "pyarrow": "pyarrow",
    "pyspark": "pyspark",
    "ray": "ray",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
    "torch": "torch",
}
# Each stage takes them, for the settings. These stand in its key by themselves, so an edit there makes no stage anew.
_DOORS = ("coles_ops.config", "coles_ops.run")


def code_version(*modules: str) -> str:
    """Digest of modules, of all of this project that they import, and of the versions of the packages they use.

    Artefacts carry it, so that an edit of the code that made them, or another torch, makes them anew. An import within
    a function counts; one under TYPE_CHECKING only in an ``__init__``, where it says what is imported on first use. A
    call with the name of a package counts as all its modules: that is how registries find theirs.

    Args:
        modules: dotted names of modules or packages. One that is none of this project counts by its own source.
    """
    digest = hashlib.sha256()
    for name in sorted(_followed(modules)):
        digest.update(name.encode() + b"\0" + _source(name))
    digest.update(repr(package_versions(*modules)).encode())
    return digest.hexdigest()[:16]


def package_versions(*modules: str) -> dict[str, str]:
    """The versions of the packages that modules, and what they import of this project, take results from."""
    names = {part for module in _followed(modules) for _, name in _read(module)[0] for part in name.split(".")}
    return {package: _version(package) for name, package in _PACKAGES.items() if name in names}


@cache
def commit() -> str:
    """The git commit of this project, with ``+`` behind it where files differ from it; empty outside of a checkout."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        if not Path(git("rev-parse", "--show-toplevel")).samefile(ROOT):
            return ""  # of a repository that it is installed in
        changed = git("status", "--porcelain", "--untracked-files=no")
        return git("rev-parse", "HEAD") + ("+" if changed else "")
    except (OSError, subprocess.CalledProcessError):  # no git, or no repository
        return ""


@cache
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # imported under another distribution's name
        return "unknown"


def _followed(roots: tuple[str, ...]) -> set[str]:
    """The modules of the roots, and all of this project that these import, but for what lies behind the doors."""
    found: set[str] = set()
    left = [module for root in roots for module in _modules(root)]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            imported, packages = _read(name)
            resolved = {_resolve(each) for _, each in imported} | {m for each in packages for m in _modules(each)}
            left += [each for each in resolved if each and not each.startswith(_DOORS)]
    return found


def _modules(name: str) -> list[str]:
    """A module, or all modules of a package."""
    if not _is_package(name):
        return [name]
    files = [file.relative_to(ROOT).with_suffix("") for file in ROOT.joinpath(*name.split(".")).rglob("*.py")]
    return [".".join(file.parts).removesuffix(".__init__") for file in files]


def _is_package(name: str) -> bool:
    file = _path(name)
    return file is not None and file.name == "__init__.py"


@cache
def _resolve(name: str) -> str | None:
    """The module that an import means; what a package only passes on is taken from where it is made."""
    if _path(name):
        return name
    parent, _, attribute = name.rpartition(".")
    if _is_package(parent):
        made = [source for bound, source in _read(parent)[0] if bound == attribute]
        return _resolve(made[0]) if made else parent
    return parent if _path(parent) else None


@cache
def _path(name: str) -> Path | None:
    """The file of a module of this project."""
    if name.partition(".")[0] not in _PROJECT:
        return None
    place = ROOT.joinpath(*name.split("."))
    return next((file for file in (place / "__init__.py", place.with_suffix(".py")) if file.is_file()), None)


def _source(name: str) -> bytes:
    """Of a module of this project, or of one that is loaded; nothing for one that was typed in."""
    file = _path(name) or getattr(sys.modules[name], "__file__", None)
    return Path(file).read_bytes() if file else b""


@cache
def _read(name: str) -> tuple[list[tuple[str, str]], list[str]]:
    """What a module imports, as (name there, dotted name), and the packages of this project that it calls by name."""
    imported, packages = [], []
    for node in _nodes(ast.parse(_source(name)), all_of_them=_is_package(name)):
        if isinstance(node, ast.Import):
            imported += [(alias.asname or alias.name, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            imported += [(alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names]
        elif isinstance(node, ast.Call):
            given = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            packages += [each for each in given if _is_package(each)]
    return imported, packages


def _nodes(tree: ast.AST, all_of_them: bool) -> Iterator[ast.AST]:
    """All nodes, or all but those that only type checkers see."""
    left = [tree]
    while left:
        node = left.pop()
        typing_only = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        if all_of_them or not typing_only:
            yield node
            left += ast.iter_child_nodes(node)
