"""The evaluation of a run on the disk: one long table of predictions, and what follows from it.

::

    predictions/<representation>.parquet      parts of the long table, one row a prediction: representation, seed,
                                              probe, repeat, fold, client_id, group_id, part, label, p_0 .. p_{K-1}
    representations/<representation>.json     what describing the clients took and gave
    embeddings/<representation>.parquet       client_id, e_0000 ..: features of all clients, of those wanted
    leaderboard.parquet                       a row a representation and probe
    verdict.json                              the winner against plain aggregates

Every file is sealed by itself: what was evaluated is not evaluated again, and a damaged part alone is made anew.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
from pydantic import BaseModel, ConfigDict

from coles_ops.artefacts.embeddings import embedding_table, write_tables
from coles_ops.artefacts.files import read_model, reading, write_json
from coles_ops.artefacts.handle import Artefact
from coles_ops.artefacts.seals import intact, publish_file
from coles_ops.schema import Outcome, Part

if TYPE_CHECKING:
    import pandas as pd

REPRESENTATION, SEED, PROBE, REPEAT, FOLD = "representation", "seed", "probe", "repeat", "fold"

_PLACE = "evaluation"  # below the folder of the run


class RepresentationRecord(BaseModel):
    """What describing and probing the clients took and gave."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    representation: str
    kind: str  # as registered
    name: str
    seed: int
    n_features: int
    truncated_clients: int  # clients of whom not all events are read
    embed_seconds: float
    evaluate_seconds: float


class Compared(BaseModel):
    """A row against the baseline, on the same clients; see ``coles_ops.statistics``. None: no interval can be given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    representation: str
    name: str
    score: float
    difference: float  # positive: ahead of the baseline
    outcome: Outcome
    small: bool = False  # the difference is below delta beyond doubt, zero or not
    interval: tuple[float, float] | None = None
    p: float | None = None  # of no difference, two-sided, after Holm
    detectable: float | None = None  # smallest true difference that would have been seen in 80 of 100 such data sets
    labels: int | None = None  # scored labels that make delta detectable; None: no number of them does
    errors: dict[str, float] = {}  # standard error of the difference by part
    freedom: float | None = None  # degrees of freedom

    @property
    def error(self) -> float:
        """Standard error of the difference."""
        return math.sqrt(sum(error**2 for error in self.errors.values()))


class Verdict(BaseModel):
    """The winner against a baseline; see ``coles_ops.evaluation.verdict``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sentence: str
    remarks: list[str]  # what the sentence rests on
    winner: str
    winner_name: str
    baseline: str
    baseline_score: float
    probe: str
    metric: str
    protocol: str
    confidence: float
    delta: float
    n_clients: int
    n_groups: int
    n_seeds: int
    n_repeats: int
    compared: Compared  # the winner
    others: list[Compared]  # other rows that were to be compared

    @property
    def outcome(self) -> Outcome:
        """What the winner is."""
        return self.compared.outcome


class Evaluation(Artefact):
    """Predictions, leaderboard and verdict of a run. What cannot be read is a DamagedError with the file's path."""

    @classmethod
    def of(cls, run: Path, fingerprint: str = "", cached: bool = False) -> Self:
        """That of a run, by its folder; whole or begun."""
        return cls(path=run / _PLACE, fingerprint=fingerprint, cached=cached)

    @property
    def finished(self) -> bool:
        """Whether there is a leaderboard and a verdict."""
        return self.leaderboard_file.exists() and self.verdict_file.exists()

    @property
    def leaderboard_file(self) -> Path:
        """The leaderboard, Parquet."""
        return self.path / "leaderboard.parquet"

    @property
    def verdict_file(self) -> Path:
        """The verdict, JSON."""
        return self.path / "verdict.json"

    def embeddings_file(self, representation: str) -> Path:
        """The features of all clients, Parquet; there for the winner, and for those the configuration asks for."""
        return self.path / "embeddings" / f"{representation}.parquet"

    def predictions(self, *representations: str, probe: str | None = None, part: Part | None = None) -> pd.DataFrame:
        """The long table, or the predictions of some representations, of one probe, of one part of the split."""
        import pandas as pd

        files = [self._predictions(name) for name in representations] or self._found("predictions", "parquet")
        found = []
        for file in files:
            with reading(file):
                found.append(pd.read_parquet(file))
        table = pd.concat(found, ignore_index=True)
        wanted = {PROBE: probe, "part": part}
        for column, value in wanted.items():
            if value is not None:
                table = table[table[column] == str(value)]
        return table

    def records(self) -> list[RepresentationRecord]:
        """Of every representation evaluated, by its id."""
        return [read_model(file, RepresentationRecord) for file in self._found("representations", "json")]

    def leaderboard(self) -> pd.DataFrame:
        """A row a representation and probe, best on validation first; trials that failed at the end."""
        import pandas as pd

        with reading(self.leaderboard_file) as file:
            return pd.read_parquet(file)

    def verdict(self) -> Verdict:
        """Whether the best encoder beats plain aggregates."""
        return read_model(self.verdict_file, Verdict)

    def record(self, representation: str, made_from: str) -> RepresentationRecord | None:
        """What was noted of a representation, where it was evaluated from the same and nothing is damaged."""
        files = self._predictions(representation), self._record(representation)
        whole = all([intact(file, made_from) for file in files])
        return read_model(files[1], RepresentationRecord) if whole else None

    def write_representation(self, record: RepresentationRecord, predictions: pd.DataFrame, made_from: str) -> None:
        """Add a representation's predictions to the long table; its record, the last to be written, makes it whole."""
        name = record.representation
        with publish_file(self._predictions(name), made_from) as new:
            predictions.to_parquet(new, index=False)
        with publish_file(self._record(name), made_from) as new:
            write_json(new, record)

    def write_embeddings(
        self, representation: str, blocks: Iterable[tuple[np.ndarray, np.ndarray]], made_from: str
    ) -> None:
        """Write ids (B,) and features (B, F) as they come, a row group a block."""
        with publish_file(self.embeddings_file(representation), made_from) as new:
            write_features(new, blocks)

    def write_outcome(self, leaderboard: pd.DataFrame, verdict: Verdict, made_from: str) -> None:
        """Write leaderboard and verdict."""
        with publish_file(self.verdict_file, made_from) as new:
            write_json(new, verdict)
        with publish_file(self.leaderboard_file, made_from) as new:
            leaderboard.to_parquet(new, index=False)

    def outcome_intact(self, made_from: str) -> bool:
        """Whether leaderboard and verdict are there, from the same."""
        return all([intact(file, made_from) for file in (self.verdict_file, self.leaderboard_file)])

    def sealed(self) -> list[Path]:
        """Every sealed file."""
        outcome = [file for file in (self.leaderboard_file, self.verdict_file) if file.exists()]
        return [*self._sealed_parts(), *outcome]

    def _sealed_parts(self) -> Iterator[Path]:
        for folder, ending in (("predictions", "parquet"), ("representations", "json"), ("embeddings", "parquet")):
            yield from self._found(folder, ending)

    def _found(self, folder: str, ending: str) -> list[Path]:
        return sorted((self.path / folder).glob(f"[!.]*.{ending}"))

    def _predictions(self, representation: str) -> Path:
        return self.path / "predictions" / f"{representation}.parquet"

    def _record(self, representation: str) -> Path:
        return self.path / "representations" / f"{representation}.json"


def write_features(path: Path, blocks: Iterable[tuple[np.ndarray, np.ndarray]]) -> None:
    """Stream ids (B,) and features (B, F) to Parquet: client_id and columns e_0000 .., a row group a block."""
    write_tables(path, (embedding_table(ids, features) for ids, features in blocks))
