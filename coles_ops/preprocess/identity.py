"""How far each category gives a client away: the share of its entropy that is gone where the client is known.

An encoder that is taught to tell clients apart may learn no more than a column that does. The share is the mutual
information of code and client, adjusted for chance (Vinh et al. 2010), over the entropy of the code: 0 where clients
are alike, however few events they have, and 1 where each has a code of its own. Events of one time are one visit, of
which one event is read: what a basket has in common, such as its hour, says no more of a client than one event would.

C clients, E events of some of them, V visits of theirs.
"""

from collections.abc import Mapping

import numpy as np

from coles_ops.datasets.names import shown_name
from coles_ops.store import GIVES_AWAY

_CLIENTS, _EVENTS = 5_000, 200  # of whom it is estimated, and how many of the last events of each
_LEFT = 0.05  # least share of the entropy that chance leaves: where hardly anybody came twice, nothing can be told


def identities(
    categories: Mapping[str, np.ndarray], time: np.ndarray, offsets: np.ndarray, rows: np.ndarray, seed: int = 0
) -> dict[str, float]:
    """The share of every category, by visits of some of these clients; the greatest first.

    Args:
        categories: codes of all events.
        time: of all events.
        offsets: (C+1,) where the events of each client begin.
        rows: (R,) clients that may shape statistics.
        seed: of the events that are read, and of the order that shows what is due to chance.
    """
    rng = np.random.default_rng(seed)
    some = rows[:: max(1, -(-len(rows) // _CLIENTS))]
    length = np.minimum(np.diff(offsets)[some], _EVENTS)
    owner = np.repeat(np.arange(len(some)), length)  # (E,)
    position = np.arange(len(owner)) + np.repeat(offsets[some + 1] - np.cumsum(length), length)  # (E,)
    read = one_of_each(owner, time[position], rng)  # (V,)
    owner, position, shuffled = owner[read], position[read], rng.permutation(len(read))
    found = {name: identity(codes[position], owner, shuffled) for name, codes in categories.items()}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def remarks(shares: Mapping[str, float]) -> list[str]:
    """A sentence on each column that gives clients away."""
    return [
        f"{shown_name(name)} gives clients away: who the client is takes {share:.0%} of its entropy; encoders leave it "
        "out, unless training.encoder.leave_out says otherwise"
        for name, share in shares.items()
        if share >= GIVES_AWAY
    ]


def one_of_each(owner: np.ndarray, time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Of every visit the place of one event, drawn, (V,); events (E,) stand by client and time."""
    new = np.diff(owner, prepend=-1).astype(bool) | np.diff(time, prepend=0).astype(bool)
    first = np.flatnonzero(new)
    return first + rng.integers(np.diff(first, append=len(owner)))


def identity(code: np.ndarray, owner: np.ndarray, shuffled: np.ndarray) -> float:
    """The share of a column's entropy, between 0 and 1; 0 where too few have several visits to tell.

    Args:
        code: (V,).
        owner: (V,) the client of each, 0 ..
        shuffled: (V,) another order, in which code and client have nothing to do with each other.
    """
    apart, alone = entropy(code), entropy(owner)
    information, chance = (apart + alone - _joint(given, owner) for given in (code, code[shuffled]))
    if apart - chance <= _LEFT * apart:
        return 0.0
    return round(float(np.clip((information - chance) / (apart - chance), 0, 1)), 4)


def entropy(values: np.ndarray) -> float:
    """Of the shares of equal values (V,), nats."""
    _, counts = np.unique(values, return_counts=True)
    shares = counts / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def _joint(code: np.ndarray, owner: np.ndarray) -> float:
    return entropy(owner.astype(np.int64) * (int(code.max(initial=0)) + 1) + code)
