"""The pictures of benchmarks: of scale, seconds and peak memory against events; of growth, scores against clients."""

from pathlib import Path
from typing import Any

from coles_ops.report.figure import COLOURS, GREY

_STAGES = {
    # stage: name, colour, what limits it
    "preprocess": ("preprocessing", "#1f6f8b", "read + sort"),
    "train": ("one training epoch", "#c8553d", "matrix products"),
    "embed": ("embedding of all clients", "#6a4c93", "matrix products"),
}
_ROWS = {
    "aggregates": "aggregates",
    "counts": "counts",
    "topics": "topics",
    "coles": "CoLES",
    "next_event": "next event",
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


def draw_growth(record: dict[str, Any], path: Path) -> None:
    """Scores with their intervals: by clients without labels, all labels teaching, and by labels at the largest size.

    Args:
        record: what ``benchmarks.growth`` wrote.
        path: of the SVG.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    sizes = {size["clients"]: size for size in reversed(record["sizes"].values())}  # of one with fewest steps first
    clients, largest = sorted(sizes), sizes[max(sizes)]
    figure, (by_clients, by_labels) = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained", sharey=True)
    panels = (
        (by_clients, clients, [sizes[each]["labels"][-1] for each in clients]),
        (by_labels, [each["labels"] for each in largest["labels"]], largest["labels"]),
    )
    for axis, ticks, taught in panels:
        for (row, name), colour in zip(_ROWS.items(), COLOURS, strict=False):
            score, low, high = zip(*(each["scores"][row] for each in taught), strict=True)
            axis.plot(ticks, score, "o-", color=colour, label=name)
            axis.fill_between(ticks, low, high, color=colour, alpha=0.12, linewidth=0)
        for bound in record["knows"].values():
            axis.axhline(bound, color=GREY, linestyle="--", linewidth=1)
        axis.set(xscale="log", ylim=(0.5, 0.82))
        axis.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
        axis.xaxis.minorticks_off()
        axis.grid(True, color="#dddddd", linewidth=0.6)
        axis.spines[["top", "right"]].set_visible(False)
    for known, bound in record["knows"].items():
        by_labels.annotate(
            f"knows {known} trait{'s' * (known == 'both')}",
            (largest["labels"][0]["labels"], bound),
            va="bottom",
            color=GREY,
        )
    by_clients.set(xlabel="clients without labels, who teach encoders and factors", ylabel="ROC-AUC")
    by_clients.set_title(f"{largest['labels'][-1]['labels']:,} labels")
    by_labels.set(xlabel="labels, which teach the probe", title=f"{largest['clients']:,} clients")
    figure.legend(*by_clients.get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False)
    with mpl.rc_context({"svg.hashsalt": "growth"}):  # else no two pictures of the same are the same
        figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
