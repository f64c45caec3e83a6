"""Optuna, asked for several trials at a time: what it proposes follows from the seed and the scores alone."""

import json
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from coles_ops.artefacts.trial import trial_id
from coles_ops.config import COMPONENTS, Config, ConfigError, Range, Training, is_whole
from coles_ops.tuning.space import specify

_REPEATS = 100  # proposals in a row that are known already before the space counts as searched


class Suggestions:
    """Optuna's sampler (TPE, Bergstra et al. 2011) over the space; no trial is proposed twice.

    It is asked and told in an order that no machine decides. So a search that goes on asks from the start again, tells
    the scores it knows, and comes to where it was.

    Args:
        config: the space and the seed.
    """

    def __init__(self, config: Config):
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._config = config
        self._study = optuna.create_study(
            direction="maximize", sampler=optuna.samplers.TPESampler(seed=config.search.seed)
        )
        self._space = {key: _distribution(config, key) for key in config.search.space}
        self._scores: dict[str, float | None] = {}  # None where the trial failed
        self._asked: dict[str, optuna.Trial] = {}

    def ask(self, count: int) -> list[Training]:
        """So many trials that are new, or fewer where the space holds no more."""
        found: list[Training] = []
        for _ in range(count):
            if not (spec := self._new()):
                break
            found.append(spec)
        return found

    def tell(self, scores: dict[str, float]) -> None:
        """The scores of all that was asked for since the last time; those without one have failed."""
        for name, trial in self._asked.items():
            self._scores[name] = scores.get(name)
            self._answer(trial, scores.get(name))
        self._asked = {}

    def _new(self) -> Training | None:
        for _ in range(_REPEATS):
            trial = self._study.ask(self._space)
            spec = self._spec({key: _from_label(key, value) for key, value in trial.params.items()})
            name = spec and trial_id(spec)
            if name and name not in self._scores and name not in self._asked:
                self._asked[name] = trial
                return spec
            self._answer(trial, self._scores.get(name) if name else None)
        return None

    def _spec(self, choice: dict[str, Any]) -> Training | None:
        try:
            return specify(self._config, choice)
        except ConfigError:
            return None  # an impossible one

    def _answer(self, trial: optuna.Trial, score: float | None) -> None:
        self._study.tell(trial, score, state=TrialState.FAIL if score is None else None)


def _distribution(config: Config, key: str) -> BaseDistribution:
    values = config.search.space[key]
    if not isinstance(values, Range):
        return CategoricalDistribution([_label(value) for value in values])
    if is_whole(config.training, config.search.space, key):
        return IntDistribution(round(values.low), round(values.high), log=values.log)
    return FloatDistribution(values.low, values.high, log=values.log)


def _label(value: Any) -> Any:
    """Optuna takes no mappings for choices: they go by their JSON."""
    return json.dumps(value) if isinstance(value, dict) else value


def _from_label(key: str, label: Any) -> Any:
    return json.loads(label) if key in COMPONENTS and label.startswith("{") else label
