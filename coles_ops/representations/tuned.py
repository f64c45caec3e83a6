"""Encoders that are taught labels, with a head that predicts: pretrained ones, and the same from scratch.

N clients that teach, M that are predicted, A aggregates beside the embedding, P columns of a prediction, T checkpoints.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from pydantic import SerializeAsAny

from coles_ops.aggregates.options import Aggregation
from coles_ops.config import Embedding, Training
from coles_ops.embedding import count_truncated, load_encoder
from coles_ops.embedding.initial import initial_encoder
from coles_ops.listed import Finetuned, Tuning
from coles_ops.probes import Fitting, Labelled
from coles_ops.probes.columns import choose_columns
from coles_ops.representations.aggregates import Aggregates
from coles_ops.representations.base import REPRESENTATIONS, Learnt, Predicting, Predictor, Teachers
from coles_ops.representations.encoders import TrainedEncoder
from coles_ops.representations.tuner import Recipe, Tuner
from coles_ops.store import EventStore
from coles_ops.targets import Target

_FAR = 5.0  # deviations from the mean, beyond which an aggregate is taken for as many


@REPRESENTATIONS.register("tuned_encoder")
class TunedEncoder(Predicting):
    """One of those that ``evaluation.representations`` lists: taught anew in every fold, by its training clients."""

    options: SerializeAsAny[Tuning]
    training: Training  # of the encoder
    file: Path | None  # of its weights; None begins with those that its training began with
    beside: Aggregation | None  # what the head reads beside the embedding

    @classmethod
    def of(cls, options: Tuning, encoder: TrainedEncoder, aggregates: Aggregation) -> Self:
        """By its options and the finalist that it is made of."""
        return cls(
            id=options.row,
            name=f"{options.row} ({encoder.name})",
            options=options,
            training=encoder.training,
            file=encoder.file if isinstance(options, Finetuned) else None,
            beside=aggregates if options.joint else None,
        )

    def made_from(self) -> list[Any]:
        """The contents of the encoder's file, not where it lies."""
        return [self.model_copy(update={"file": None}), *([self.file] if self.file else [])]

    def predictor(self, store: EventStore, rows: np.ndarray, embedding: Embedding, device: str) -> Predictor:
        """Describe the clients by what stands beside the embedding, once; the encoder is taught in each fold."""
        encoder = load_encoder(self.file) if self.file else initial_encoder(store, self.training)
        beside = np.empty((len(rows), 0), np.float32)
        if self.beside:
            beside = Aggregates(options=self.beside).describe(store, embedding, device)(rows)
        recipe = Recipe(self.options, self.training, encoder, store, embedding, device)
        truncated = count_truncated(encoder, store, embedding)
        return Predictor(_Tuning(recipe, rows, beside).learn, encoder.embedding_size + beside.shape[1], truncated)


@dataclass(frozen=True)
class _Tuning:
    recipe: Recipe
    rows: np.ndarray  # (R,) ascending
    beside: np.ndarray  # (R, A)

    def learn(self, teachers: Teachers, rows: np.ndarray, how: Fitting) -> Learnt:
        """Teach an encoder without each of the inner folds, and predict rows (M,) by the mean of all.

        Each of them predicts the inner fold that it has not seen, by which is chosen how many steps all of them take:
        the fewest of equals. So nothing is trained beside what predicts.
        """
        checkpoints = self.recipe.options.checkpoints
        folds = [teachers.inner == number for number in np.unique(teachers.inner)]
        path = np.empty((len(checkpoints), len(teachers.rows), len(how.target.columns)))  # (T, N, P)
        ahead = np.zeros((len(checkpoints), len(rows), path.shape[2]))  # (T, M, P)
        for number, fold in enumerate(folds):
            others = np.concatenate([teachers.rows[fold], rows])
            train, beside = self._beside(teachers.rows[~fold], teachers.labels[~fold], others, how.target)
            tuner = Tuner(self.recipe, how.target, teachers.rows[~fold], train, self._seed(how.seed, number))
            for place, steps in enumerate(checkpoints):
                tuner.train(steps)
                path[place, fold], predicted = np.split(tuner.predict(others, beside), [fold.sum()])
                ahead[place] += predicted / len(folds)
        scores = [how.target.score([(teachers.labels[fold], tried[fold]) for fold in folds]) for tried in path]  # (T,)
        best = int(np.argmax(scores))
        return Learnt(ahead[best], float(scores[best]), checkpoints[best], path[best])

    def _beside(
        self, rows: np.ndarray, labels: np.ndarray, others: np.ndarray, target: Target
    ) -> tuple[Labelled, np.ndarray]:
        """What stands beside the embeddings of rows (N,) who teach, and of others (M,): (N, A) and (M, A).

        Those columns that the former choose, as for a probe, standardised by them.
        """
        one, two = (self.beside[np.searchsorted(self.rows, which)] for which in (rows, others))
        columns = choose_columns(one, target.contrasts(labels))
        mean, deviation = one[:, columns].mean(axis=0), one[:, columns].std(axis=0)
        deviation = np.where(deviation > 0, deviation, 1)
        one, two = (((each[:, columns] - mean) / deviation).clip(-_FAR, _FAR) for each in (one, two))
        return Labelled(one, labels), two

    def _seed(self, *beside: int) -> int:
        return int(np.random.SeedSequence([self.recipe.options.seed, *beside]).generate_state(1)[0])
