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
    from matplotlib.ticker import FuncFormatter

    figure, (seconds, memory) = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained")
    for stage, (name, colour, limit) in _STAGES.items():
        found = [line for line in results if line.get("stage") == stage]
        rows = [line["rows"] for line in found]
        seconds.plot(rows, [line["seconds"] for line in found], "o-", color=colour, label=name)
        lower = [line["limit_seconds"] for line in found]
        seconds.plot(rows, lower, "--", color=colour, linewidth=1, label=f"its limit: {limit}")
        memory.plot(rows, [line["peak_gb"] for line in found], "o-", color=colour, label=name)
    for axis, title, unit in ((seconds, "Time, seconds", "s"), (memory, "Peak memory, GB", "GB")):
        axis.set(xscale="log", yscale="log", xlabel="events", title=title)
        axis.set_xticks(sorted({line["rows"] for line in results}))
        axis.xaxis.set_major_formatter(FuncFormatter(lambda rows, _: f"{rows / 1e6:.4g} M"))
        axis.xaxis.minorticks_off()
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _, unit=unit: f"{value:g} {unit}"))
        axis.grid(True, which="major", color="#dddddd", linewidth=0.6)
        axis.spines[["top", "right"]].set_visible(False)
    seconds.legend(frameon=False, fontsize=8)
    memory.legend(frameon=False, fontsize=8)
    figure.savefig(path)
    plt.close(figure)
