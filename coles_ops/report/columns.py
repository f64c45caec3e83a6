"""Columns of an event as the report shows them: how far each gives a client away, and what is drawn from it."""

from collections.abc import Sequence
from dataclasses import dataclass

from coles_ops.artefacts.events import Events
from coles_ops.artefacts.shuffling import ORDER, Drop, Shuffling
from coles_ops.config import Training
from coles_ops.datasets.names import shown_name
from coles_ops.report.scale import Scale

_MARGIN = 0.06  # of the width, on either side


@dataclass(frozen=True)
class Column:
    """A category."""

    name: str  # as the user knows it
    codes: int
    share: float  # of its entropy that is gone where the client is known
    left_out: bool  # whether the encoder reads it not


def columns_giving_away(events: Events, training: Training) -> list[Column]:
    """Every category, the one that gives away most first.

    Args:
        events: measured when they were coded.
        training: of the encoder in question.
    """
    facts = events.facts
    left_out = training.built_encoder(events.store.schema).leave_out
    return [
        Column(shown_name(name), facts["codes"][name], share, name in left_out)
        for name, share in facts["identity"].items()
    ]


@dataclass(frozen=True)
class Line:
    """What is lost by a column; places are in percent of the width."""

    name: str
    drop: Drop
    left: float  # where the interval begins
    width: float
    dot: float


@dataclass(frozen=True)
class Losses:
    """What is lost by every column that is read, by representation."""

    groups: list[tuple[Shuffling, list[Line], list[str]]]  # the greatest loss first; names of what is not read
    ticks: list[tuple[float, str]]  # place and words
    zero: float


def losses(told: Sequence[Shuffling]) -> Losses | None:
    """Those of an evaluation; None where nothing is known of them."""
    told = [each for each in told if each.drops]
    if not told:
        return None
    drops = [drop for each in told for drop in each.drops]
    scale = Scale.around([0, *(end for drop in drops for end in drop.interval)], _MARGIN)
    groups = []
    for each in told:
        falling = sorted(each.drops, key=lambda drop: -drop.lost)
        lines = [
            Line(_name(drop), drop, *scale.span(*drop.interval), scale.place(drop.lost))
            for drop in falling
            if drop.read
        ]
        groups.append((each, lines, [_name(drop) for drop in each.drops if not drop.read]))
    ticks = [(scale.place(tick), f"{tick:+.3g}" if tick else "0") for tick in scale.ticks()]
    return Losses(groups, ticks, scale.place(0))


def _name(drop: Drop) -> str:
    return "order of the events" if drop.column == ORDER else shown_name(drop.column)
