"""From a search space to trials."""

import itertools
import math
from typing import Any

import numpy as np
from pydantic import ValidationError

from coles_ops.artefacts.trial import trial_id
from coles_ops.config import Config, ConfigError, Training, choose, is_whole

_SHOWN = 20  # impossible trials listed


def plan_trials(config: Config) -> list[Training]:
    """The trials of a grid or of a seeded random search, without repetition; for Optuna, its base ``trials`` times.

    Raises:
        ConfigError: combinations are not possible; lists them.
    """
    search = config.search
    if search.algorithm == "grid":
        combinations = itertools.product(*search.space.values())
        choices = [dict(zip(search.space, values, strict=True)) for values in combinations]
    elif search.algorithm == "random":
        rng = np.random.default_rng(search.seed)
        choices = [{k: _draw(config, k, rng) for k in search.space} for _ in range(search.trials)]
    else:
        return [config.training] * search.trials
    trials, impossible = {}, []
    for choice in choices:
        try:
            spec = specify(config, choice)
            trials[trial_id(spec)] = spec
        except ConfigError as error:
            impossible.append(f"  {error}")
    if impossible:
        shown = [*impossible[:_SHOWN], *([f"  and {len(impossible) - _SHOWN} more"] if impossible[_SHOWN:] else [])]
        raise ConfigError(
            "\n".join([f"search.space: {len(impossible)} of {len(choices)} trials are not possible:", *shown])
        )
    return list(trials.values())


def specify(config: Config, choice: dict[str, Any]) -> Training:
    """The full specification of a trial; raises ConfigError naming the choice that does not validate."""
    try:
        return choose(config.training, choice)
    except ValidationError as error:
        message = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise ConfigError(f"{', '.join(f'{k} {v}' for k, v in choice.items())}: {message}") from None


def _draw(config: Config, key: str, rng: np.random.Generator) -> Any:
    values = config.search.space[key]
    if isinstance(values, list):
        return values[rng.integers(len(values))]
    low, high = (math.log(values.low), math.log(values.high)) if values.log else (values.low, values.high)
    drawn = float(rng.uniform(low, high))
    drawn = math.exp(drawn) if values.log else drawn
    return round(drawn) if is_whole(config.training, config.search.space, key) else drawn
