"""What all pictures have in common: size, colours and marks, and that they end as SVG which stands in a page."""

import io
import itertools
from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

GREY = "#8a8f98"
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"]  # Okabe and Ito 2008
MARKERS = "osD^vP*"  # beside the colours, which a printer may not have
_LONG = 28  # letters of a name that half of the width has room for
_WIDTH, _HEIGHT = 5.0, 3.4  # inches: readable where a phone shows it at its own width


def styles() -> Iterator[dict[str, Any]]:
    """Colour and mark of one series after the other, endless: from the eighth on colours return with other marks."""
    for lap in itertools.count():
        for place, color in enumerate(COLOURS):
            yield {"color": color, "marker": MARKERS[(place + lap) % len(MARKERS)]}


def blank(height: float = _HEIGHT) -> tuple[Figure, Axes]:
    """A figure of this height, inches, and its only axes."""
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def svg(figure: Figure, legend: bool = False) -> str:
    """The figure as it stands in a page; a legend goes below it, where names are as long as they are."""
    if legend:
        names = [name for axes in figure.axes for name in axes.get_legend_handles_labels()[1]]
        columns = 1 if max(map(len, names), default=0) > _LONG else 2
        figure.legend(frameon=False, fontsize=9, loc="outside lower center", ncols=columns)
    for text in figure.findobj(Text):
        text.set_parse_math(False)  # a name may hold dollars
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "coles", "font.family": "sans-serif"}):
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()[out.getvalue().index("<svg") :]
