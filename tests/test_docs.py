"""What the documents say holds: commands run, links resolve, settings exist."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from tables import purchases
from typer.testing import CliRunner

from coles_ops.config import Config
from deployments.cli import app

ROOT = Path(__file__).parent.parent
DOCS = [
    *(ROOT / f"{name}.md" for name in ("README", "CHANGELOG", "CONTRIBUTING")),
    *sorted((ROOT / "docs").rglob("*.md")),
]


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(), flags=re.S)


def coles(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deployments.cli", *arguments]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "200"}
    )


@pytest.mark.parametrize("path", DOCS, ids=lambda p: p.name)
def test_links_resolve(path):
    for link in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
        assert link.startswith("http") or (path.parent / link).exists(), link


def test_the_example_of_a_users_own_data_runs_as_written(tmp_path):
    (example,) = blocks(ROOT / "README.md", "yaml")
    (tmp_path / "mine.yaml").write_text(example)
    events, people = purchases()
    (tmp_path / "data").mkdir()
    names = {"who": "customer", "when": "bought_at", "mcc": "product", "city": "shop", "paid": "price"}
    events.rename(columns=names).to_csv(tmp_path / "data" / "events.csv", index=False)
    people.rename(columns={"who": "customer", "label": "churned"}).to_csv(tmp_path / "data" / "labels.csv", index=False)
    done = coles("plan", "mine.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "4 trials" in done.stdout
    dry = coles("run", "mine.yaml", "--dry-run", "--set", "search.space.encoder=[gru]", cwd=tmp_path)
    assert "2 trials" in dry.stdout


def test_two_files_become_a_plan_as_written(tmp_path):
    (commands,) = blocks(ROOT / "docs" / "inspecting.md", "bash")
    inspect, plan, run = (line.split()[1:] for line in commands.splitlines())
    events, people = purchases()
    events.to_csv(tmp_path / "events.csv", index=False)
    people.to_csv(tmp_path / "labels.csv", index=False)
    assert run == ["run", plan[1]]
    for command in (inspect, plan):
        done = coles(*command, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert "clients in the first" in done.stdout


GROUP = typer.main.get_command(app)
COMMANDS = {f"{name} {sub}".strip() for name, c in GROUP.commands.items() for sub in ["", *getattr(c, "commands", [])]}


def test_commands_that_documents_name_exist():
    for path in DOCS:
        for code in re.findall(r"`coles ([a-z]+(?: list)?)", path.read_text()):
            assert code in COMMANDS or code == "data", (path.name, code)


def test_make_targets_that_documents_name_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.M))
    for path in DOCS:
        assert set(re.findall(r"make ([a-z-]+)", re.sub(r"and make\b", "", path.read_text()))) <= targets | {"run"}


def test_settings_that_documents_name_exist():
    for path in DOCS:
        for section, field in re.findall(
            r"(?<![/\w])(training|search|tracking|resources|validation)\.([a-z_]+)", path.read_text()
        ):
            assert field in Config.model_fields[section].annotation.model_fields, f"{path.name}: {section}.{field}"


@pytest.mark.parametrize("command", ["", *sorted(COMMANDS)])
def test_help_is_everywhere(command):
    done = CliRunner().invoke(app, [*command.split(), "--help"])
    assert done.exit_code == 0
    assert "Usage" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "nope"), "no config 'nope'"),
        (("run", "completejourney", "--set", "oops"), "write it as key=value"),
        (("show", "nope"), "0 runs start with 'nope'"),
        (
            (
                "plan",
                "completejourney",
                "--set",
                "search.space.encoder=[transformer]",
                "--set",
                "search.space.encoder.size=[30]",
            ),
            "not divisible by heads",
        ),
    ],
)
def test_a_mistake_is_one_message_and_code_2(arguments, message, tmp_path):
    done = coles(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_data_and_runs_are_listed(tmp_path):
    listed = coles("data", "list", cwd=tmp_path)
    assert "completejourney" in listed.stdout
    assert "table" in listed.stdout
    assert "no runs in" in coles("runs", cwd=tmp_path).stdout


def test_the_configuration_reference_is_up_to_date():
    from deployments.reference import reference

    assert (ROOT / "docs" / "configuration.md").read_text() == reference(), "run python -m deployments.reference"
