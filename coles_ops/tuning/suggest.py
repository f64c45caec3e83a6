"""Optuna through Ray: no trial twice, and what ended before a restart is known."""

import json
from typing import Any

from ray import tune
from ray.tune.search import Searcher
from ray.tune.search.optuna import OptunaSearch

from coles_ops.artefacts.trial import METRIC
from coles_ops.config import COMPONENTS, Config, ConfigError, Range, Training, chosen, is_whole
from coles_ops.tuning.space import specify, trial_id

_REPEATS = 100  # suggestions in a row that are known already before the space counts as searched


class Suggestions(OptunaSearch):
    """Optuna's sampler over the space; a suggestion with a namesake is answered, not run.

    A trial's folder is named by its parameters, so two of the same would work in one. The second is told the score
    of the first where that has ended, and a fresh suggestion is asked for.

    Args:
        config: the space and the seed.
        scores: trial that ended to its last score, None if it failed.
        ended: the specifications of those trials.
        begun: specifications of interrupted trials, suggested first.

    Attributes:
        exhausted: whether the space holds no more trials.
    """

    exhausted = False

    def __init__(
        self, config: Config, scores: dict[str, float | None], ended: list[Training], begun: list[Training]
    ) -> None:
        super().__init__(
            space=self.convert_search_space({"choice": {key: _dimension(config, key) for key in config.search.space}}),
            metric=METRIC,
            mode="max",
            points_to_evaluate=[_point(config, spec) for spec in begun],
            seed=config.search.seed,
        )
        self._config, self._scores = config, dict(scores)
        self._running: dict[str, tuple[str, str]] = {}  # Ray's id to our name and the id Optuna's trial goes by
        for spec in ended:
            score: Any = scores[trial_id(spec)]  # None where it failed, which the type of Ray's method leaves out
            self.add_evaluated_point(_point(config, spec), score, error=score is None)

    def suggest(self, trial_id: str) -> Any:
        """The next trial, or that there is none: the text FINISHED, which the type of Ray's method leaves out."""
        for repeat in range(_REPEATS):
            asked = f"{trial_id}-{repeat}"
            suggested: Any = super().suggest(asked)
            choice = {"choice": {k: _from_label(k, v) for k, v in suggested["choice"].items()}}
            name = _name(self._config, choice)
            if name and name not in self._scores and name not in {running for running, _ in self._running.values()}:
                self._running[trial_id] = name, asked
                return choice
            score = self._scores.get(name) if name else None
            super().on_trial_complete(asked, {METRIC: score} if score is not None else None, error=name is None)
        self.exhausted = True
        return Searcher.FINISHED

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Epochs are the scheduler's business: Optuna is told the end."""

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """A trial has ended."""
        name, asked = self._running.pop(trial_id)
        self._scores[name] = result[METRIC] if result else None
        super().on_trial_complete(asked, result, error)


def _dimension(config: Config, key: str) -> Any:
    values = config.search.space[key]
    if not isinstance(values, Range):
        return tune.choice([_label(value) for value in values])
    if is_whole(config.training, config.search.space, key):
        return (tune.lograndint if values.log else tune.randint)(round(values.low), round(values.high) + 1)
    return (tune.loguniform if values.log else tune.uniform)(values.low, values.high)


def _label(value: Any) -> Any:
    """Optuna takes no mappings for choices: they go by their JSON."""
    return json.dumps(value) if isinstance(value, dict) else value


def _from_label(key: str, label: Any) -> Any:
    return json.loads(label) if key in COMPONENTS and label.startswith("{") else label


def _point(config: Config, spec: Training) -> dict[str, Any]:
    """The parameters as Ray flattens them."""
    return {f"choice/{key}": _coordinate(spec, key, values) for key, values in config.search.space.items()}


def _coordinate(spec: Training, key: str, values: list[Any] | Range) -> Any:
    """The value of a dimension that led to a specification; any where its component has no such option."""
    if key in COMPONENTS:
        options = getattr(spec, key).model_dump()
        assert isinstance(values, list)
        given: list[tuple[Any, dict[str, Any]]] = [(v, {"name": v} if isinstance(v, str) else v) for v in values]
        same = [value for value, mapping in given if mapping["name"] == options["name"]]
        exact = [value for value, mapping in given if mapping.items() <= options.items()]
        return _label([*exact, *same][0])
    value = chosen(spec, key)
    if value is None and None not in (values if isinstance(values, list) else ()):
        return values.low if isinstance(values, Range) else values[0]
    return value


def _name(config: Config, choice: dict[str, Any]) -> str | None:
    try:
        return trial_id(specify(config, choice["choice"]))
    except ConfigError:
        return None
