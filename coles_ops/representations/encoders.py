"""Embeddings of an encoder, as it was trained or before it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Self

from coles_ops.artefacts.trial import TrialRecord
from coles_ops.artefacts.trials import Trials
from coles_ops.config import Embedding, Training
from coles_ops.embedding import count_truncated, embed, load_encoder
from coles_ops.embedding.initial import initial_encoder
from coles_ops.encoders import SequenceEncoder
from coles_ops.representations.base import REPRESENTATIONS, Described, Featurizer
from coles_ops.store import EventStore


def trial_name(spec: Training) -> str:
    """What people call a trial; of CoLES' own objective nothing is said."""
    objective = [] if spec.objective.name == "contrastive" else [spec.objective.name]
    return " · ".join([spec.encoder.name, *objective, spec.sampler.name, str(spec.encoder.size)])


def by_encoder(model: SequenceEncoder, store: EventStore, embedding: Embedding, device: str) -> Featurizer:
    """Embed whole histories: (R, D)."""
    model = model.to(device)
    return Featurizer(
        lambda rows: embed(model, store, rows, embedding, device), count_truncated(model, store, embedding)
    )


class _Encoder(Described):
    """Embeds whole histories by an encoder."""

    training: Training

    def describe(self, store: EventStore, embedding: Embedding, device: str) -> Featurizer:
        """Embed: (R, D)."""
        return by_encoder(self._model(store), store, embedding, device)

    def _model(self, store: EventStore) -> SequenceEncoder:
        raise NotImplementedError


@REPRESENTATIONS.register("trained_encoder")
class TrainedEncoder(_Encoder):
    """A finalist trained by one seed."""

    curve: ClassVar[bool] = True

    spec: str  # what it has in common with the finalist's other seeds
    file: Path

    @property
    def row(self) -> str:
        """All seeds of a finalist."""
        return self.spec

    @property
    def family(self) -> str:
        """CoLES where sub-sequences of a client are compared and nothing else, by any loss; else the objective."""
        objective = self.training.objective
        return "coles" if objective.needs.views > 1 and not objective.needs.per_event else objective.name

    @property
    def title(self) -> str:
        """Family and trial."""
        return f"{'CoLES' if self.family == 'coles' else self.family} ({self.name})"

    @classmethod
    def of(cls, trials: Trials, trial: TrialRecord, spec: str, seed: int = 0) -> Self:
        """That of a trial, the ``seed``-th of its finalist."""
        training, file = trial.training, trials.folder(trial.trial).encoder
        return cls(id=trial.trial, name=trial_name(training), seed=seed, training=training, spec=spec, file=file)

    def made_from(self) -> list[Any]:
        """The contents of the encoder's file, not where it lies."""
        return [self.id, self.seed, self.training, self.spec, self.file]

    def _model(self, store: EventStore) -> SequenceEncoder:
        return load_encoder(self.file)


@REPRESENTATIONS.register("random_encoder")
class RandomEncoder(_Encoder):
    """An encoder with its initial weights: what the architecture gives without learning."""

    @property
    def row(self) -> str:
        """One of all twins."""
        return self.kind()

    @property
    def family(self) -> str:
        """That of its twin."""
        return "coles"

    @classmethod
    def twin(cls, encoder: TrainedEncoder) -> Self:
        """The untrained twin of an encoder, of the same seed."""
        name = f"random_encoder-{encoder.id}"
        return cls(id=name, name="random encoder", seed=encoder.seed, training=encoder.training)

    def _model(self, store: EventStore) -> SequenceEncoder:
        return initial_encoder(store, self.training)
