"""What Ray hands a worker, and hands back to the driver with each result: one trial of a search."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from coles_ops.artefacts.trial import TrialFolder
from coles_ops.artefacts.trials import WorkingTrials
from coles_ops.config import Config, Training
from coles_ops.store import EventStore
from coles_ops.tuning.space import specify, trial_id


class Shared(BaseModel):
    """What all trials of a search have in common."""

    model_config = ConfigDict(frozen=True)

    store: Path
    working: Path
    config: Config

    def space(self, choice: Any = None) -> dict[str, Any]:
        """The parameters as Ray Tune takes them, ``choice`` being what differs between trials."""
        shared = self.model_dump(mode="json")
        return shared if choice is None else shared | {"choice": choice}


class Assignment(Shared):
    """One of them."""

    choice: dict[str, Any]

    @property
    def training(self) -> Training:
        """The trial's whole specification."""
        return specify(self.config, self.choice)

    @property
    def folder(self) -> TrialFolder:
        """Where it works."""
        return WorkingTrials(self.working).folder(trial_id(self.training))

    def open_store(self) -> EventStore:
        """The events."""
        return EventStore(self.store)


def choice_of(given: dict[str, Any]) -> dict[str, Any]:
    """What differs between trials, of the parameters that Ray has of one."""
    return given["choice"]
