"""Figure 3 of the study beside ours: ROC-AUC by embedding size, with intervals."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from benchmarks.jobs import Records
from benchmarks.study_records import BASE
from benchmarks.study_tables import MODALITIES, matching, rows_of
from coles_ops.report import published
from coles_ops.report.figure import COLOURS, GREY, svg


def draw(records: Records, path: Path) -> None:
    """A panel a modality: as the study drew it, as its way draws it here, and as it is, with a band of 95 %."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    for axes, modality in zip(figure.subplots(1, 2), ("transactions", "clickstream"), strict=True):
        told = published.SIZES[modality]
        axes.plot(list(told), list(told.values()), ":", marker="s", color=GREY, label="published, of real clients")
        rows = [row for size in told for row in matching(rows_of(records, modality), BASE | {"size": size})]
        if rows:
            sizes = [row["size"] for row in rows]
            leaky = [row["as_published"]["roc_auc"] for row in rows]
            here = [[row["here"][name] for row in rows] for name in ("roc_auc", "roc_auc_low", "roc_auc_high")]
            axes.plot(sizes, leaky, "--", marker="^", color=COLOURS[1], label="as published, here")
            axes.plot(sizes, here[0], "-", marker="o", color=COLOURS[0], label="here")
            axes.fill_between(sizes, here[1], here[2], color=COLOURS[0], alpha=0.15, linewidth=0)
        axes.set(xscale="log", xlabel="embedding size", ylabel="ROC-AUC", title=MODALITIES[modality])
        axes.set_xticks(list(told), [str(size) for size in told])
        axes.minorticks_off()
        axes.spines[["top", "right"]].set_visible(False)
    handles, labels = max((axes.get_legend_handles_labels() for axes in figure.axes), key=lambda found: len(found[0]))
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    path.write_text(svg(figure))
