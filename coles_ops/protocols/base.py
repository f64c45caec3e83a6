"""The contract of a protocol.

C clients, N of them in a part, K classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from pydantic import Field

from coles_ops.component import Component
from coles_ops.protocols.folds import fold_numbers
from coles_ops.registry import Registry
from coles_ops.schema import PART, DataError, Part

if TYPE_CHECKING:
    from coles_ops.store import EventStore

_INNER = 1  # beside the seed: what is drawn


def _none() -> np.ndarray:
    return np.empty(0, dtype=str)


@dataclass(frozen=True)
class Clients:
    """All clients, as a protocol sees them."""

    label: np.ndarray  # (C,) class codes, -1 without one
    group: np.ndarray  # (C,) ids; a client without a group is one by itself
    part: np.ndarray = field(default_factory=_none)  # (C,) values of Part
    time: np.ndarray = field(default_factory=_none)  # (C,) datetime64, of the label or the end of the events; or NaT

    @classmethod
    def of(cls, store: EventStore) -> Self:
        """Those of a store."""
        return cls(store.labels, store.groups, store.clients[PART].to_numpy(str))

    def permuted(self, seed: int) -> Self:
        """The same with the labels of those who teach probes, tune or are scored dealt out anew within each part."""
        label, rng = self.label.copy(), np.random.default_rng(seed)
        for part in (Part.TRAIN, Part.TUNE, Part.SCORE):
            label[self.rows(part)] = rng.permutation(label[self.rows(part)])
        return replace(self, label=label)

    def rows(self, *parts: Part) -> np.ndarray:
        """Positions (N,) of these parts, ascending."""
        return np.flatnonzero(np.isin(self.part, [str(part) for part in parts]))


@dataclass(frozen=True)
class Fold:
    """Labelled clients whose labels are learnt from, and those who are predicted: ascending positions."""

    repeat: int
    number: int
    train: np.ndarray
    test: np.ndarray


class Protocol(Component):
    """Gives each client its part, before any statistic is computed, and folds to those with a label.

    Groups count throughout, not clients: no group is on two sides.
    """

    probes: ClassVar[tuple[dict[str, object], ...]] = ()  # what it is fitted by where the configuration names none
    as_published: ClassVar[bool] = False  # whether it repeats the defects of the study of 2023

    inner: int = Field(
        3, ge=2, description="Folds within the training clients of a fold, which choose all there is to choose."
    )
    least: int = Field(5, ge=1, description="Fewest clients of each class that are scored in a fold.")
    seed: int = Field(42, ge=0, description="Seed of parts and folds.")

    def assign(self, clients: Clients) -> np.ndarray:
        """The part (C,) of every client; those given have none yet."""
        raise NotImplementedError

    def outer_folds(self, clients: Clients) -> list[Fold]:
        """What is scored: every client of ``Part.SCORE`` once a repeat."""
        raise NotImplementedError

    def tuning_folds(self, clients: Clients) -> list[Fold]:
        """What trials are compared by while they are searched: no client of ``Part.SCORE`` is in it."""
        raise NotImplementedError

    def inner_folds(self, clients: Clients, fold: Fold) -> np.ndarray:
        """The inner fold (N,) of every training client of a fold."""
        seed = [self.seed, _INNER, fold.repeat, fold.number]
        return fold_numbers(clients.label[fold.train], clients.group[fold.train], self.inner, seed)

    def check(self, clients: Clients, classes: Sequence[str]) -> None:
        """Raise DataError where a class has too few clients for a fold."""
        present = np.flatnonzero(np.bincount(clients.label[clients.label >= 0], minlength=len(classes)))
        if len(present) < 2:
            found = ", ".join(classes[k] for k in present.tolist()) or "none"
            raise DataError(f"the labelled clients are of {len(present)} class(es), {found}: at least 2 are needed")
        for fold in self.outer_folds(clients):
            inner = self.inner_folds(clients, fold)
            self._check(clients, classes, fold.test, self.least, "scored in a fold")
            for number in range(self.inner):
                self._check(clients, classes, fold.train[inner == number], 1, "in an inner fold")
        for fold in self.tuning_folds(clients):
            self._check(clients, classes, fold.train, 1, "learnt from in tuning")
            self._check(clients, classes, fold.test, 1, "scored in tuning")

    def _check(self, clients: Clients, classes: Sequence[str], rows: np.ndarray, least: int, where: str) -> None:
        counts = np.bincount(clients.label[rows], minlength=len(classes))  # (K,)
        rare = int(counts.argmin())
        if counts[rare] < least:
            raise DataError(
                f"class {classes[rare]!r} has {np.count_nonzero(clients.label == rare)} labelled clients, of whom "
                f"{counts[rare]} would be {where}; at least {least} are needed there: join it with another "
                "class (dataset.classes), label more clients, or set fewer folds (evaluation.protocol)"
            )

    def _cross_validation(self, clients: Clients, rows: np.ndarray, folds: int, repeats: int, what: int) -> list[Fold]:
        """Repeated K-fold over clients at ``rows`` (N,)."""
        found = []
        for repeat in range(repeats):
            numbers = fold_numbers(clients.label[rows], clients.group[rows], folds, [self.seed, what, repeat])
            found += [Fold(repeat, k, rows[numbers != k], rows[numbers == k]) for k in range(folds)]
        return found


PROTOCOLS: Registry[type[Protocol]] = Registry("protocol", "coles_ops.protocols")
