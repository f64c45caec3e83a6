"""Make room at home, of what nobody wants any more."""

import re
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from deployments.cli.console import UsageError, app, mistakes, out

if TYPE_CHECKING:
    from coles_ops.clean import Plan

_UNITS = {"h": 3600, "d": 86_400, "w": 604_800}
_SHOWN = 8  # paths of a group


@app.command()
def clean(
    run: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Also this run, or the start of its id; repeatable.")
    ] = None,
    older_than: Annotated[
        str | None, typer.Option(metavar="AGE", help="Also runs not written to for so long: 12h, 30d, 8w.")
    ] = None,
    verdict: Annotated[
        str | None, typer.Option(help="Also runs with this verdict: better, worse, equivalent or undecided.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be removed.")] = False,
) -> None:
    """Show what can be removed from the home folder, ask, and remove it.

    Without options: what killed processes have left, what was set aside as
    damaged, folders of the store that no run stands on, and digests of files
    that are gone.

    Runs go only where an option names them; with --older-than and --verdict
    both must be met. What somebody works on is never touched.
    """
    with mistakes():
        from coles_ops.artefacts import home
        from coles_ops.clean import Choice, plan_removal
        from coles_ops.litter import readable

        plan = plan_removal(Choice(tuple(run or ()), _seconds(older_than), _known(verdict)))
        sizes = plan.sizes()
        _show(plan, sizes)
        if not plan.items:
            out.print(f"nothing to remove from {home()}", soft_wrap=True)
        if dry_run or not plan.items:
            return
        if not yes and not typer.confirm(f"remove {readable(sum(sizes))}?"):
            return
        gone = [item.remove() for item in plan.items]
        freed = sum(size for size, is_gone in zip(sizes, gone, strict=True) if is_gone)
        out.print(f"removed {readable(freed)}")
        for item in (item for item, is_gone in zip(plan.items, gone, strict=True) if not is_gone):
            out.print(f"kept {item.path}: it is in use by now", soft_wrap=True)


def _show(plan: "Plan", sizes: list[int]) -> None:
    from coles_ops.artefacts import home
    from coles_ops.litter import readable

    table = Table("what", "where", "size")
    for group, pairs in groupby(zip(plan.items, sizes, strict=True), lambda pair: pair[0].group):
        found = list(pairs)
        table.add_row(Text(group, "bold"), f"{len(found)} in all", readable(sum(size for _, size in found)))
        for item, size in found[:_SHOWN]:
            table.add_row("", str(home().relative(item.path)), readable(size))
    if plan.items:
        out.print(table)
    for line in plan.kept:
        out.print(f"kept {line}", soft_wrap=True)


def _seconds(age: str | None) -> float | None:
    """``30d`` in seconds."""
    if age is None:
        return None
    match = re.fullmatch(r"(\d+)([hdw])", age)
    if not match:
        raise UsageError(f"--older-than {age}: write a number and h, d or w for hours, days or weeks, e.g. 30d")
    return int(match[1]) * _UNITS[match[2]]


def _known(verdict: str | None) -> str | None:
    from coles_ops.clean import VERDICTS

    if verdict is not None and verdict not in VERDICTS:
        raise UsageError(f"--verdict {verdict}: it is one of {', '.join(map(repr, VERDICTS))}")
    return verdict
