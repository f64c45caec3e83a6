"""The evaluation of a run on the disk: one long table of predictions, and what follows from it.

::

    scored.parquet                            the long table, one row a prediction of a client that is scored:
                                              representation, seed, probe, repeat, fold, client_id, group_id, label,
                                              p_0 .. p_{K-1}, or prediction where it is a number
    predictions/<representation>.parquet      the same of everything evaluated, candidates one by one
    choices/<representation>.parquet          one row a fit, and what was found within its training clients:
                                              representation, seed, probe, repeat, fold, inner_score, complexity,
                                              threshold
    inner/<representation>.parquet            one row a training client of a fit, predicted by a fit on the other inner
                                              folds: representation, seed, probe, repeat, fold, inner_fold, client_id
                                              (its position), label, and the predictions in single precision
    representations/<representation>.json     what describing the clients took and gave
    embeddings/<representation>.parquet       client_id, e_0000 ..: features of all clients, of those wanted; sparse
                                              ones as lists e_columns and e_values
    shuffled.json                             what scores lose where a column is shuffled; not where the protocol is as
                                              published
    leaderboard.parquet                       a row a representation and probe
    verdict.json                              rows against plain aggregates, and what that means

Every file is sealed by itself: what was evaluated is not evaluated again, and a damaged part alone is made anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict

from coles_ops.artefacts.embeddings import write_features
from coles_ops.artefacts.files import read_model, reading, write_json
from coles_ops.artefacts.handle import Artefact
from coles_ops.artefacts.seals import intact, publish_file
from coles_ops.artefacts.shuffling import Shuffling, Shufflings
from coles_ops.artefacts.verdict import Verdict
from coles_ops.schema import CLIENT, LABEL, PREDICTION

if TYPE_CHECKING:
    import pandas as pd

    from coles_ops.features import Features

REPRESENTATION, SEED, PROBE, REPEAT, FOLD = "representation", "seed", "probe", "repeat", "fold"
INNER, COMPLEXITY, THRESHOLD = "inner_score", "complexity", "threshold"  # found within the training clients of a fit
INNER_FOLD = "inner_fold"

_PLACE = "evaluation"  # below the folder of the run


class RepresentationRecord(BaseModel):
    """What describing and probing the clients took and gave."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    representation: str
    row: str  # what it is a seed of: a candidate, or a row of the long table
    family: str  # of candidates
    kind: str  # as registered
    name: str
    seed: int
    n_features: int
    truncated_clients: int  # clients of whom not all events are read
    embed_seconds: float
    evaluate_seconds: float


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

    @property
    def scored_file(self) -> Path:
        """The long table, Parquet."""
        return self.path / "scored.parquet"

    @property
    def shuffled_file(self) -> Path:
        """What is lost where a column is shuffled, JSON."""
        return self.path / "shuffled.json"

    def embeddings_file(self, representation: str) -> Path:
        """The features of all clients, Parquet; there for those that the configuration asks for."""
        return self.path / "embeddings" / f"{representation}.parquet"

    def scored(self, *representations: str, probe: str | None = None) -> pd.DataFrame:
        """The long table, or what some of its representations predicted, by one probe: nothing else is read."""
        wanted = [(REPRESENTATION, "in", representations)] if representations else []
        return _read(self.scored_file, [*wanted, *([(PROBE, "==", probe)] if probe else [])])

    def scored_beside(self, probes: Collection[str]) -> pd.DataFrame:
        """What the long table has by other probes than these, as those that fewer labels taught."""
        return _read(self.scored_file, [(PROBE, "not in", probes)])

    def by_client(self, representation: str, probe: str) -> pd.DataFrame:
        """A row a client: its label, and its predictions by a row of the long table, means over seeds and repeats."""
        table = self.scored(representation, probe=probe)
        return table.groupby(CLIENT).agg({LABEL: "first", **dict.fromkeys(prediction_columns(table), "mean")})

    def predictions(self, *representations: str) -> pd.DataFrame:
        """All that these predicted, by the ids of their records."""
        return _read_all(map(self._predictions, representations))

    def choices(self, *representations: str) -> pd.DataFrame:
        """What was found within the training clients of their fits, by the ids of their records."""
        return _read_all(map(self._choices, representations))

    def inner(self, *representations: str) -> pd.DataFrame:
        """What training clients were predicted by fits on the other inner folds, by the ids of their records."""
        return _read_all(map(self._inner, representations))

    def records(self) -> list[RepresentationRecord]:
        """Of every representation evaluated, by its id."""
        return [read_model(file, RepresentationRecord) for file in self._found("representations", "json")]

    def leaderboard(self) -> pd.DataFrame:
        """A row a representation and probe, those of the verdict's probe first."""
        return _read(self.leaderboard_file)

    def verdict(self) -> Verdict:
        """Which representation to use, whether it adds to plain aggregates, and what CoLES is worth."""
        return read_model(self.verdict_file, Verdict)

    def shuffled(self) -> list[Shuffling]:
        """What scores lose where a column is shuffled; none where the protocol is as published."""
        return read_model(self.shuffled_file, Shufflings).of if self.shuffled_file.exists() else []

    def record(self, representation: str, made_from: str) -> RepresentationRecord | None:
        """What was noted of a representation, where it was evaluated from the same and nothing is damaged."""
        files = *self._tables(representation), self._record(representation)
        whole = all([intact(file, made_from) for file in files])
        return read_model(files[-1], RepresentationRecord) if whole else None

    def write_representation(
        self,
        record: RepresentationRecord,
        predictions: pd.DataFrame,
        choices: pd.DataFrame,
        inner: pd.DataFrame,
        made_from: str,
    ) -> None:
        """Write what a representation gave; its record, the last to be written, makes it whole."""
        name = record.representation
        inner = inner.astype({CLIENT: np.int32, **dict.fromkeys(prediction_columns(inner), np.float32)})
        for file, table in zip(self._tables(name), (predictions, choices, inner), strict=True):
            with publish_file(file, made_from) as new:
                table.to_parquet(new, index=False)
        with publish_file(self._record(name), made_from) as new:
            write_json(new, record)

    def write_embeddings(
        self, representation: str, blocks: Iterable[tuple[np.ndarray, Features]], made_from: str
    ) -> None:
        """Write ids (B,) and features (B, F) as they come, a row group a block."""
        with publish_file(self.embeddings_file(representation), made_from) as new:
            write_features(new, blocks)

    def write_shuffled(self, shuffled: Shufflings, made_from: str) -> None:
        """Write what is lost where a column is shuffled."""
        with publish_file(self.shuffled_file, made_from) as new:
            write_json(new, shuffled)

    def write_outcome(self, scored: pd.DataFrame, leaderboard: pd.DataFrame, verdict: Verdict, made_from: str) -> None:
        """Write the long table, the leaderboard and the verdict."""
        for file, table in ((self.scored_file, scored), (self.leaderboard_file, leaderboard)):
            with publish_file(file, made_from) as new:
                table.to_parquet(new, index=False)
        with publish_file(self.verdict_file, made_from) as new:
            write_json(new, verdict)

    def outcome_intact(self, made_from: str) -> bool:
        """Whether long table, leaderboard and verdict are there, from the same."""
        return all([intact(file, made_from) for file in self._outcome])

    def sealed(self) -> list[Path]:
        """Every sealed file."""
        return [*self._sealed_parts(), *(file for file in (*self._outcome, self.shuffled_file) if file.exists())]

    def _sealed_parts(self) -> Iterator[Path]:
        for folder in ("predictions", "choices", "inner", "embeddings"):
            yield from self._found(folder, "parquet")
        yield from self._found("representations", "json")

    def _found(self, folder: str, ending: str) -> list[Path]:
        return sorted((self.path / folder).glob(f"[!.]*.{ending}"))

    @property
    def told(self) -> list[Path]:
        """Files of what was found, as far as they are there."""
        files = self.leaderboard_file, self.verdict_file, self.shuffled_file
        return [file for file in files if file.exists()]

    @property
    def _outcome(self) -> tuple[Path, Path, Path]:
        return self.scored_file, self.leaderboard_file, self.verdict_file

    def _tables(self, representation: str) -> tuple[Path, Path, Path]:
        return self._predictions(representation), self._choices(representation), self._inner(representation)

    def _predictions(self, representation: str) -> Path:
        return self.path / "predictions" / f"{representation}.parquet"

    def _choices(self, representation: str) -> Path:
        return self.path / "choices" / f"{representation}.parquet"

    def _inner(self, representation: str) -> Path:
        return self.path / "inner" / f"{representation}.parquet"

    def _record(self, representation: str) -> Path:
        return self.path / "representations" / f"{representation}.json"


def prediction_columns(predictions: pd.DataFrame) -> list[str]:
    """Those of the probabilities of the classes (K), or the one of a number."""
    return [column for column in predictions if column.startswith("p_") or column == PREDICTION]


def _read(file: Path, filters: list[tuple[str, str, Any]] | None = None) -> pd.DataFrame:
    """A table, or those of its rows that pass all filters."""
    import pandas as pd

    with reading(file):
        return pd.read_parquet(file, filters=filters or None)


def _read_all(files: Iterable[Path]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat([_read(file) for file in files], ignore_index=True)
