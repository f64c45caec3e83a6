"""Maps of clients: labels of those who are scored in colour, all others grey."""

from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
import pandas as pd

from coles_ops.artefacts.clientmap import ClientMap
from coles_ops.report.figure import GREY, blank, styles, svg
from coles_ops.store import EventStore
from coles_ops.targets import Target

_CLASSES = 6  # that have a colour of their own
_PARTS = 5  # into which clients fall by a number
_DOT = 15.0  # square points

Group = tuple[np.ndarray, str, str, str]  # which clients (N,), what they are called, colour and marker


def draw_maps(clients: ClientMap, store: EventStore) -> list[str]:
    """The first principal components, then the t-SNE.

    Args:
        clients: places of some.
        store: with the labels of all.
    """
    points, facts, target = clients.points, clients.facts, store.schema.target
    scored = points[points["scored"]]
    labels = store.labels[scored["row"]]
    groups = list(_fifths(labels, target) if target.kind == "number" else _classes(labels, target))
    pictures = []
    for kind, title in (("pca", "principal components"), ("tsne", f"t-SNE, perplexity {facts.perplexity:.0f}")):
        figure, axes = blank(4.4)
        x, y = f"{kind}_1", f"{kind}_2"
        grey = points[~points["scored"]]
        axes.scatter(grey[x], grey[y], s=_DOT, color=GREY, alpha=0.35, linewidths=0, label="not scored")
        for who, name, color, marker in groups:
            own = scored[who]
            axes.scatter(own[x], own[y], s=_DOT, color=color, marker=marker, alpha=0.8, linewidths=0, label=name)
        axes.set(title=title, xticks=[], yticks=[])
        if kind == "pca":
            axes.set(xlabel=f"{facts.explained[0]:.0%} of the variance", ylabel=f"{facts.explained[1]:.0%}")
        pictures.append(svg(figure, legend=True))
    return pictures


def _classes(labels: np.ndarray, target: Target) -> Iterator[Group]:
    """The most frequent ones, and the others together."""
    frequent = sorted(pd.Series(labels).value_counts().index[:_CLASSES])
    for code, look in zip(frequent, styles(), strict=False):
        yield labels == code, target.text(code), look["color"], look["marker"]
    if not (there := np.isin(labels, frequent)).all():
        yield ~there, "other labels", "black", "."


def _fifths(labels: np.ndarray, target: Target) -> Iterator[Group]:
    """From the least, dark, to the greatest, light."""
    edges = np.unique(np.quantile(labels, np.linspace(0, 1, _PARTS + 1)))
    part = np.searchsorted(edges[1:-1], labels, side="right")
    for number, color in enumerate(mpl.colormaps["cividis"](np.linspace(0, 1, max(len(edges) - 1, 1)))):
        own = labels[part == number]
        if not len(own):  # of labels that are whole numbers, an edge between two of them
            continue
        yield part == number, f"{target.text(own.min())} to {target.text(own.max())}", mpl.colors.to_hex(color), "o"
