"""The contract of a protocol.

C clients, N of them in a part.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from pydantic import Field

from coles_ops.component import Component
from coles_ops.protocols.folds import fold_numbers
from coles_ops.registry import Registry
from coles_ops.schema import PART, DataError, Part
from coles_ops.targets import UNLABELLED, Target

if TYPE_CHECKING:
    from coles_ops.store import EventStore

_INNER = 1  # beside the seed: what is drawn


def _none() -> np.ndarray:
    return np.empty(0, dtype=str)


@dataclass(frozen=True)
class Clients:
    """All clients, as a protocol sees them."""

    label: np.ndarray  # (C,) as the target has them
    group: np.ndarray  # (C,) ids; a client without a group is one by itself
    part: np.ndarray = field(default_factory=_none)  # (C,) values of Part
    time: np.ndarray = field(default_factory=_none)  # (C,) datetime64, of the label or the end of the events; or NaT
    target: Target = UNLABELLED  # what the labels are

    @classmethod
    def of(cls, store: EventStore) -> Self:
        """Those of a store."""
        return cls(store.labels, store.groups, store.clients[PART].to_numpy(str), target=store.schema.target)

    @property
    def known(self) -> np.ndarray:
        """(C,) who has a label."""
        return self.stratum >= 0

    @property
    def related(self) -> np.ndarray:
        """(C,) who has a label, or is of a group that has one."""
        return np.isin(self.group, self.group[self.known])

    @cached_property
    def stratum(self) -> np.ndarray:
        """(C,) codes of clients whose labels are alike, of whom each side gets its share; -1 without a label."""
        return self.target.strata(self.label)

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
    least: int = Field(
        5, ge=1, description="Fewest clients of each class, or with a number, that are scored in a fold."
    )
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
        return fold_numbers(clients.stratum[fold.train], clients.group[fold.train], self.inner, seed)

    def check(self, clients: Clients) -> None:
        """Raise DataError where labels leave nothing to predict, or too few clients for a fold."""
        if why := clients.target.constant(clients.label):
            raise DataError(why)
        for fold in self.outer_folds(clients):
            inner = self.inner_folds(clients, fold)
            _check(clients, fold.test, self.least, "scored in a fold")
            for number in range(self.inner):
                _check(clients, fold.train[inner == number], 1, "in an inner fold")
        for fold in self.tuning_folds(clients):
            _check(clients, fold.train, 1, "learnt from in tuning")
            _check(clients, fold.test, 1, "scored in tuning")

    def _cross_validation(self, clients: Clients, rows: np.ndarray, folds: int, repeats: int, what: int) -> list[Fold]:
        """Repeated K-fold over clients at ``rows`` (N,)."""
        found = []
        for repeat in range(repeats):
            numbers = fold_numbers(clients.stratum[rows], clients.group[rows], folds, [self.seed, what, repeat])
            found += [Fold(repeat, k, rows[numbers != k], rows[numbers == k]) for k in range(folds)]
        return found


def _check(clients: Clients, rows: np.ndarray, least: int, where: str) -> None:
    if why := clients.target.too_few(clients.label, rows, least, where):
        raise DataError(why)


PROTOCOLS: Registry[type[Protocol]] = Registry("protocol", "coles_ops.protocols")
