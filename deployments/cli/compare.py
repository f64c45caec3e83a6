"""Two runs side by side."""

from rich.table import Table

from deployments.cli.console import RunArgument, app, mistakes, out


@app.command()
def compare(one: RunArgument, other: RunArgument) -> None:
    """Put two runs side by side: settings that differ, and scores with the difference on the same clients."""
    with mistakes():
        from coles_ops.evaluation.compare import put_side_by_side
        from coles_ops.evaluation.words import signed
        from coles_ops.run import find_run

        first, second = find_run(one), find_run(other)
        found = put_side_by_side(first, second)
        settings = Table("setting", first.id, second.id)
        for key, values in found.settings.items():
            settings.add_row(key, *(str(value) for value in values))
        out.print(settings if settings.row_count else "the same settings; other data or code")
        scores = Table("representation", *(f"{found.metric} of {run.id}" for run in (first, second)), "difference", "")
        for pair in found.pairs:
            told = pair.told
            difference = (signed(told.difference.value, (told.low, told.high)), str(told.outcome)) if told else ("", "")
            scores.add_row(pair.name, f"{pair.one:.4f}", f"{pair.other:.4f}", *difference)
        out.print(scores)
        if found.unpaired:
            out.print(f"no differences can be given: {found.unpaired}")
