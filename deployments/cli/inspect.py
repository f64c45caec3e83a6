"""From files to a configuration."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from deployments.cli.console import UsageError, app, mistakes, out

if TYPE_CHECKING:
    from coles_ops.inspect import Guess, Profile, Sample

_EXAMPLE = 24  # letters of an example


@app.command()
def inspect(
    paths: Annotated[
        list[str], typer.Argument(help="The events and, in any order, the labels: a file, folder or glob.")
    ],
    write_to: Annotated[Path | None, typer.Option("--out", help="The YAML to write; printed if not given.")] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="The column with the label; of several, each gets a YAML of its own.")
    ] = None,
    rows: Annotated[int, typer.Option(min=1, help="How many rows of a table are looked at, at most.")] = 200_000,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Look at a part of the files, say what each column is for, and write the YAML that runs them."""
    with mistakes():
        from coles_ops.inspect import profile, take, to_yaml

        labels: list[str | None] = [*label] if label else [None]
        wanted = {each: _place(write_to, each, len(labels)) for each in labels}
        for place in wanted.values():
            if place and place.exists() and not force:
                raise UsageError(f"{place} is there already: name another file, or add --force to write over it")
        samples = take(paths, rows)
        for each, place in wanted.items():
            found = profile(samples, each)
            _show(found)
            text = to_yaml(found, place.name if place else "mine")
            if place is None:
                out.print(text, soft_wrap=True)
                continue
            place.write_text(text, encoding="utf-8")
            out.print(f"wrote {place}; next: coles plan {place}", soft_wrap=True)


def _place(write_to: Path | None, label: str | None, labels: int) -> Path | None:
    """Where the YAML of a label goes."""
    return write_to.with_stem(f"{write_to.stem}-{label}") if write_to and labels > 1 else write_to


def _show(found: "Profile") -> None:
    out.print(_table("events", found.events, found.guesses))
    if found.targets and found.labels and found.targets is not found.events:
        out.print(_table("targets", found.targets, found.labels.guesses))
    for warning in found.warnings:
        out.print(Text(f"! {warning}"), soft_wrap=True)


def _table(what: str, sample: "Sample", guesses: "list[Guess] | tuple[Guess, ...]") -> Table:
    """Values from files are shown as they are: no markup is read in them."""
    size = (
        f"{sample.rows:,} rows" if sample.whole else f"a sample of {len(sample.frame):,} of about {sample.rows:,} rows"
    )
    table = Table(
        "column", "role", "why", "examples", title=Text(f"{what}: {sample.path}, {size}"), title_justify="left"
    )
    for guess in guesses:
        examples = ", ".join(value if len(value) <= _EXAMPLE else value[:_EXAMPLE] + "…" for value in guess.examples)
        table.add_row(*(Text(text) for text in (guess.column, str(guess.role), guess.reason, examples)))
    return table
