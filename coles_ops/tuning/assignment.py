"""What Ray hands a worker, and hands back to the driver with each result: one trial and how far it is to go."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from coles_ops.artefacts.trial import TrialFolder, trial_id
from coles_ops.artefacts.trials import WorkingTrials
from coles_ops.config import Config, Training
from coles_ops.store import EventStore


class Shared(BaseModel):
    """What all trials of a round have in common."""

    model_config = ConfigDict(frozen=True)

    store: Path
    working: Path
    config: Config
    steps: int  # up to which the round goes

    def space(self, training: Any) -> dict[str, Any]:
        """The parameters as Ray Tune takes them, ``training`` being what differs between trials."""
        return self.model_dump(mode="json") | {"training": training}


class Assignment(Shared):
    """One of them."""

    training: Training

    @property
    def folder(self) -> TrialFolder:
        """Where it works."""
        return WorkingTrials(self.working).folder(trial_id(self.training))

    def open_store(self) -> EventStore:
        """The events."""
        return EventStore(self.store)


def training_of(parameters: dict[str, Any]) -> Training:
    """The specification of a trial, of the parameters that Ray has of it."""
    return Training.model_validate(parameters["training"])
