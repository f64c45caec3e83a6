"""Embeddings of an encoder, as it was trained or before it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from coles_ops.artefacts.trial import TrialRecord
from coles_ops.artefacts.trials import Trials
from coles_ops.config import Embedding, Evaluation, Training
from coles_ops.embedding import count_truncated, embed, load_encoder
from coles_ops.encoders import SequenceEncoder, build_encoder
from coles_ops.representations.base import REPRESENTATIONS, Featurizer, Representation
from coles_ops.store import EventStore


def trial_name(spec: Training) -> str:
    """What people call a trial."""
    return f"{spec.encoder.name} · {spec.sampler.name} · {spec.encoder.size}"


class _Encoder(Representation):
    """Embeds whole histories by an encoder."""

    training: Training

    def describe(self, store: EventStore, embedding: Embedding, device: str) -> Featurizer:
        """Embed: (R, D)."""
        model = self._model(store).to(device)
        return Featurizer(
            lambda rows: embed(model, store, rows, embedding, device), count_truncated(model, store, embedding)
        )

    def _model(self, store: EventStore) -> SequenceEncoder:
        raise NotImplementedError


@REPRESENTATIONS.register("trained_encoder")
class TrainedEncoder(_Encoder):
    """A trial's best epoch."""

    file: Path

    @classmethod
    def of(cls, trials: Trials, trial: TrialRecord) -> Self:
        """That of a trial."""
        spec, file = trial.training, trials.folder(trial.trial).encoder
        return cls(id=trial.trial, name=trial_name(spec), seed=spec.seed, training=spec, file=file)

    @classmethod
    def baseline(cls, winner: TrainedEncoder, config: Evaluation) -> Self | None:
        """None: trials compete to be the winner."""
        return None

    def made_from(self) -> list[Any]:
        """The contents of the encoder's file, not where it lies."""
        return [self.id, self.training, self.file]

    def _model(self, store: EventStore) -> SequenceEncoder:
        return load_encoder(self.file)


@REPRESENTATIONS.register("random_encoder")
class RandomEncoder(_Encoder):
    """The winner's encoder with its initial weights: what the architecture gives without learning."""

    @classmethod
    def baseline(cls, winner: TrainedEncoder, config: Evaluation) -> Self | None:
        """Of the winner's architecture and seed."""
        return cls(id="random_encoder", name="random encoder", seed=winner.seed, training=winner.training)

    def _model(self, store: EventStore) -> SequenceEncoder:
        return build_encoder(store.schema, self.training.encoder, self.training.seed)
