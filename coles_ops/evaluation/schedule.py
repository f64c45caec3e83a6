"""Where entries are evaluated: in this process, or side by side on Ray where its start pays."""

import logging
import math
from typing import Any, Self

from coles_ops.artefacts.evaluation import RepresentationRecord
from coles_ops.config import Config
from coles_ops.evaluation.entry import Entry, evaluate_entry

_RAY_STARTS = 15.0  # seconds of Ray itself and of the imports of its first workers, on two cores


class Schedule:
    """Evaluates entries that are not evaluated yet; a context manager, which keeps Ray from one call to the next.

    Args:
        config: what the machine or the cluster may spend.
        log: where to tell of each.

    Attributes:
        evaluated: how many were, others had been.
    """

    def __init__(self, config: Config, log: logging.Logger):
        self._config, self._log = config, log
        self._workers: Any = None
        self.evaluated = self._found = self._total = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        if self._workers:
            self._workers.stop()

    def run(self, entries: list[Entry]) -> None:
        """Evaluate each, whole or not at all.

        The first is evaluated here, which says how long the others take. They go to Ray as soon as that saves more
        than its start costs: with few entries or small data it never does.
        """
        pending = [entry for entry in entries if not entry.found()]
        self._total += len(entries)
        self._found += len(entries) - len(pending)
        seconds = 0.0
        while pending and not self._pays(pending, seconds):
            entry = pending.pop(0)
            record = evaluate_entry(entry)
            seconds = record.embed_seconds + record.evaluate_seconds
            self._done(entry, record)
        if pending:
            self._on_ray(pending)

    def _pays(self, pending: list[Entry], seconds: float) -> bool:
        resources = self._config.resources
        # A cluster's size is not known before it is joined: it is taken to be as large as can be used.
        at_once = len(pending) if resources.ray_address else max(1, resources.cores // pending[0].threads)
        rounds = math.ceil(len(pending) / at_once)
        if self._workers:
            return rounds < len(pending)
        return seconds * (len(pending) - rounds) > _RAY_STARTS

    def _on_ray(self, pending: list[Entry]) -> None:
        from coles_ops.cluster.workers import Workers

        if not self._workers:
            self._workers = Workers(self._config, pending[0].threads)
        self._workers.call(evaluate_entry, pending, self._done, "the evaluation", self._log)

    def _done(self, entry: Entry, record: RepresentationRecord) -> None:
        self.evaluated += 1
        if record.truncated_clients:
            self._log.info("%s: %d clients are not read whole", record.name, record.truncated_clients)
        seconds = record.embed_seconds + record.evaluate_seconds
        done = self._found + self.evaluated
        self._log.info("evaluated %d of %d: %s, %.1f s", done, self._total, entry.representation.name, seconds)
