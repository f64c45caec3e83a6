"""What a look at the files of a table shows, as it is printed."""

import pandas as pd
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from coles_ops.inspect import Preview, preview


def show_preview(console: Console, dataset: object) -> None:
    """Print the first events and the labels of a table of the user's own; nothing for a dataset that is known here."""
    from coles_ops.datasets.table import Table as Files

    if not isinstance(dataset, Files):
        return
    found = preview(dataset)
    for what, form in found.forms.items():
        console.print(Text(f"{what:<8}{form}"), soft_wrap=True)
    console.print(_labels(found), soft_wrap=True)
    title = Text(f"the first events, as they will be read, on the clock of {dataset.timezone}")
    table = Table(*(Column(Text(name)) for name in found.events), title=title, title_justify="left")
    for row in found.events.itertuples(index=False):
        table.add_row(*(Text(_written(value)) for value in row))
    console.print(table)


def _labels(found: Preview) -> Text:
    counts = ", ".join(f"{name}: {_figure(figure)}" for name, figure in found.labels.items())
    rest = found.clients - found.labelled
    seen = f"of {found.clients:,} clients in the first {found.rows:,} events, {rest:,} have no label"
    return Text(f"labels  {counts}{'' if found.whole else ', and more'}\n        {seen}")


def _figure(figure: float) -> str:
    return f"{figure:,}" if isinstance(figure, int) else f"{figure:,.4g}"


def _written(value: object) -> str:
    """A value, or that there is none."""
    if pd.isna(value):
        return "(none)"
    return f"{value:%Y-%m-%d %H:%M:%S%z}" if isinstance(value, pd.Timestamp) else str(value)
