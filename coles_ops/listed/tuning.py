"""Encoders that learn from labels, with a small head that predicts: within each fold, from its training clients."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from coles_ops.listed.base import LISTED, Listed


class Tuning(Listed):
    """An encoder and a head, trained on labels; the best finalist's architecture, sampler and columns."""

    steps: int = Field(
        200, ge=1, description="Most optimiser steps; it takes as many as are best within the training clients."
    )
    look_every: int = Field(25, ge=1, description="Steps between two looks at how many are best.")
    batch_size: int = Field(64, ge=2, description="Clients in a batch.")
    learning_rate: float = Field(1e-3, gt=0, description="Learning rate of the encoder.")
    head_rate: float = Field(5e-3, gt=0, description="Learning rate of the head.")
    weight_decay: float = Field(1e-2, ge=0, description="Weight decay of both.")
    head: int = Field(0, ge=0, description="Width of a hidden layer of the head; 0 for none.")
    dropout: float = Field(0.1, ge=0, lt=1, description="Share of what the head reads that is left out in training.")
    joint: bool = Field(False, description="Whether the head reads the plain aggregates beside the embedding.")
    seed: int = Field(0, ge=0, description="Seed of weights, sampling and shuffling, beside that of the evaluation.")

    @property
    def checkpoints(self) -> list[int]:
        """(T,) steps after which it is looked at, rising."""
        return sorted({*range(self.look_every, self.steps, self.look_every), self.steps})

    def thawed(self, step: int) -> bool:  # noqa: ARG002
        """Whether the encoder learns in the step after so many."""
        return True


@LISTED.register("finetuned")
class Finetuned(Tuning):
    """The encoder of the best finalist, by its tuning score, with its weights: at first as they are, then tuned."""

    name: Literal["finetuned"] = Field("finetuned", description="The pretrained encoder tuned on labels.")
    frozen_steps: int = Field(
        50, ge=0, description="Steps in which the head alone learns, before all of the encoder does."
    )

    def thawed(self, step: int) -> bool:
        """From ``frozen_steps`` on."""
        return step >= self.frozen_steps

    @model_validator(mode="after")
    def _thaws(self) -> Self:
        if self.frozen_steps >= self.steps:
            raise ValueError(
                f"frozen_steps {self.frozen_steps} leaves no step to tune the encoder in: set steps above it"
            )
        return self


@LISTED.register("supervised")
class Supervised(Tuning):
    """The same architecture trained on labels alone, from its initial weights."""

    name: Literal["supervised"] = Field("supervised", description="The same encoder trained on labels from scratch.")
