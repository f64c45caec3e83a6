"""Gates of ``validation`` that these files would not pass as they are: what to write, and why."""

from __future__ import annotations

import math

from coles_ops.config import Validation
from coles_ops.inspect.facts import Facts
from coles_ops.inspect.moments import Moment
from coles_ops.inspect.pairing import Pairing
from coles_ops.inspect.roles import Guess, Role

Limits = dict[str, tuple[float, str]]  # field of validation to its value and the reason

_DEFAULTS = Validation()


def limits(
    columns: dict[str, Facts], guesses: list[Guess], time: Moment, pairing: Pairing | None, whole: bool
) -> Limits:
    """The shares that must be raised; from a sample, with room for what was not seen.

    Args:
        columns: of the events.
        guesses: their roles.
        time: form of their time.
        pairing: how their ids meet those of the targets.
        whole: whether all events were read.
    """
    found: Limits = {}

    def raise_to(field: str, share: float, reason: str) -> None:
        if share > getattr(_DEFAULTS, field):
            found[field] = min(math.ceil(100 * share * (1 if whole else 1.2) + 0.5) / 100, 1.0), reason

    clients = next(guess.column for guess in guesses if guess.role is Role.CLIENT)
    bad = {
        f"have no {clients}": columns[clients].nothing,
        "have no time that can be read": time.unreadable,
        "have a time outside of 1990 to tomorrow": time.odd,
        **{
            f"hold no number in {guess.column}": columns[guess.column].unreadable
            for guess in guesses
            if guess.role is Role.AMOUNT
        },
    }
    told = ", ".join(f"{share:.1%} of the rows {what}" for what, share in bad.items() if share > 0)
    raise_to("max_quarantined", min(sum(bad.values()), 1.0), f"{told}: they are left out")
    gaps = {guess.column: columns[guess.column].missing for guess in guesses if guess.role is Role.CATEGORY}
    if gaps:
        worst = max(gaps, key=lambda name: gaps[name])
        raise_to("max_null_categories", gaps[worst], f"{gaps[worst]:.1%} of the rows have no {worst}")
    if pairing and pairing.found and whole:
        raise_to(
            "max_labels_without_events",
            1 - pairing.share,
            f"{pairing.ids - pairing.found:,} labelled clients have no events",
        )
    return found
