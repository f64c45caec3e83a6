"""The plot of the scale benchmark: seconds and peak memory against events, with the physical limits."""

from pathlib import Path
from typing import Any

_STAGES = {
    # stage: name, colour, what limits it
    "preprocess": ("preprocessing", "#1f6f8b", "read + sort"),
    "train": ("one training epoch", "#c8553d", "matrix products"),
    "embed": ("embedding of all clients", "#6a4c93", "matrix products"),
}


def draw(results: list[dict[str, Any]], path: Path) -> None:
    """Two panels on logarithmic axes: a line a stage, a dashed one for its limit."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import FuncFormatter, NullFormatter

    figure, (seconds, memory) = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
    for stage, (name, colour, limit) in _STAGES.items():
        found = [line for line in results if line.get("stage") == stage]
        rows = [line["rows"] for line in found]
        seconds.plot(rows, [line["seconds"] for line in found], "o-", color=colour, label=name)
        lower = [line["limit_seconds"] for line in found]
        seconds.plot(rows, lower, "--", color=colour, linewidth=1, label=f"its limit: {limit}")
        memory.plot(rows, [line["peak_gb"] for line in found], "o-", color=colour)
    memory.set_ylim(0.1, 20)
    for axis, title in ((seconds, "Time, seconds"), (memory, "Peak memory, GB")):
        axis.set(xscale="log", yscale="log", xlabel="events, millions", title=title)
        axis.set_xticks(sorted({line["rows"] for line in results if "rows" in line}))
        axis.xaxis.set_major_formatter(FuncFormatter(lambda rows, _: f"{rows / 1e6:.4g}"))
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.yaxis.set_minor_formatter(NullFormatter())
        axis.xaxis.minorticks_off()
        axis.grid(True, which="major", color="#dddddd", linewidth=0.6)
        axis.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    figure.savefig(path)
    plt.close(figure)
