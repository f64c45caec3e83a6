"""Columns of an event as the report shows them: how far each gives a client away, and who reads it."""

from dataclasses import dataclass

from coles_ops.artefacts.events import Events
from coles_ops.config import Training
from coles_ops.datasets.names import shown_name


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
