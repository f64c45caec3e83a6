"""What every command shares: the application, the consoles, and how mistakes and ends are told."""

import errno
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.logging import RichHandler

from coles_ops.schema import UserError
from deployments import environment

environment.apply()  # before any command imports a heavy library

app = typer.Typer(
    help="From raw event sequences to client embeddings, and whether they beat plain aggregates.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_AS_IT_IS: dict[str, Any] = {"markup": False, "emoji": False, "highlight": False}  # a name like [red] shows so
out = Console(width=None if sys.stdout.isatty() else 160, **_AS_IT_IS)
err = Console(stderr=True, **_AS_IT_IS)

_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST)

ConfigArgument = Annotated[str, typer.Argument(help="A name in configs/, or the path of a YAML file.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Lay a value over the config; repeatable."),
]
RunArgument = Annotated[str, typer.Argument(help="A run's id as `coles runs` lists it, or the start of one.")]


class UsageError(UserError):
    """An argument or option of a command is none that it can take."""


@contextmanager
def mistakes() -> Iterator[None]:
    """A user's mistake is one message and exit code 2; a damaged file, a dead server or a failing machine one and 1.

    A place that may not be read or written, or that is no folder, is a mistake, too: of the user or of the rights.
    Ctrl-C is exit code 130, SIGTERM 143; the rest is a bug: it keeps its traceback, and its exit code is 1.
    """
    from coles_ops.artefacts import DamagedError, home
    from coles_ops.schema import FaultError
    from deployments.endings import Terminated, terminable
    from deployments.services import ServiceError

    try:
        with terminable():
            yield
    except DamagedError as error:
        err.print(str(error), soft_wrap=True)
        err.print("`coles run` with the run's configuration makes it anew")
        raise typer.Exit(1) from None
    except (ServiceError, FaultError) as error:
        err.print(str(error), soft_wrap=True)
        raise typer.Exit(1) from None
    except UserError as error:
        _print_error(type(error).__name__, str(error))
        raise typer.Exit(2) from None
    except OSError as error:
        if error.errno not in _DENIED or error.filename is None:
            raise
        place = f"{error.filename}: {error.strerror}"
        within = Path(error.filename).is_relative_to(home().path)
        _print_error(type(error).__name__, f"{place}; set COLES_HOME to a folder of yours" if within else place)
        raise typer.Exit(2) from None
    except EOFError as error:  # of a file: click would take it for the end of what a user types, and say no more
        raise RuntimeError("a file ended too early") from error
    except KeyboardInterrupt as ended:
        err.print("interrupted; what is finished is kept, the same command goes on from there")
        raise typer.Exit(143 if isinstance(ended, Terminated) else 130) from None


def _print_error(kind: str, message: str) -> None:
    err.print(f"{kind}: ", style="red", end="")
    err.print(message, soft_wrap=True)


def overrides_of(pairs: list[str] | None) -> dict[str, Any]:
    """``["training.steps=3"]`` to ``{"training.steps": 3}``; values are read as YAML."""
    from coles_ops.config import ConfigError, parse_yaml

    overrides: dict[str, Any] = {}
    for pair in pairs or []:
        key, equals, value = pair.partition("=")
        if not (key and equals):
            raise ConfigError(f"--set {pair}: write it as key=value, e.g. --set training.steps=3")
        overrides[key] = parse_yaml(value, f"--set {pair}")
    return overrides


def absolute(config: str) -> str:
    """The worker runs in another folder: a path must not depend on it."""
    return str(Path(config).absolute()) if Path(config).suffix in (".yaml", ".yml") else config


def log_to_console() -> None:
    """Show what coles logs, with the time of day, on stderr."""
    logger = logging.getLogger("coles")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.handlers = [RichHandler(console=err, show_path=False, show_level=False, log_time_format="%H:%M:%S")]
