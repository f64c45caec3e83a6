"""ASHA that outlives the process it runs in."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from ray.tune.schedulers import ASHAScheduler

from coles_ops.artefacts.trial import METRIC
from coles_ops.config import Config, Search
from coles_ops.tuning.assignment import choice_of
from coles_ops.tuning.space import specify, trial_id


def _named(name: str) -> Any:
    """All that Ray's ASHA reads of a trial, which it does not say in its types."""
    return SimpleNamespace(trial_id=name)


class Rungs(ASHAScheduler):
    """Ray's ASHA (Li et al. 2020, algorithm 2), its rungs kept by our names of trials instead of Ray's.

    Ray draws new ids in every process. By our names the rungs can be filled from the trials' own folders after a
    restart: the cut-offs are then those of a search that was never cut, and a trial that goes on is not judged a
    second time on a rung it has passed.

    Args:
        config: names trials.
        longest: epochs after which any trial ends.
        past: trial to the scores of its first epochs, as ``reported_scores`` reads them.
    """

    def __init__(self, config: Config, longest: int, past: Mapping[str, list[float]]):
        search: Search = config.search
        super().__init__(
            time_attr="epoch",
            metric=METRIC,
            mode="max",
            max_t=max(longest, search.grace_epochs),
            grace_period=search.grace_epochs,
            reduction_factor=search.reduction,
        )
        self._config = config
        nobody: Any = None  # no controller asks
        for name, scores in past.items():
            for epoch, score in enumerate(scores, 1):
                super().on_trial_add(nobody, _named(name))
                super().on_trial_complete(nobody, _named(name), {"epoch": epoch, METRIC: score})  # noted, not judged

    def on_trial_add(self, tune_controller: Any, trial: Any) -> None:
        """A trial is waiting."""
        super().on_trial_add(tune_controller, self._ours(trial))

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        """Judge an epoch: go on or stop."""
        return super().on_trial_result(tune_controller, self._ours(trial), result)

    def on_trial_complete(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> None:
        """A trial has ended."""
        super().on_trial_complete(tune_controller, self._ours(trial), result)

    def on_trial_remove(self, tune_controller: Any, trial: Any) -> None:
        """A trial was taken back before it ran."""
        super().on_trial_remove(tune_controller, self._ours(trial))

    def _ours(self, trial: Any) -> Any:
        return _named(trial_id(specify(self._config, choice_of(trial.config))))
