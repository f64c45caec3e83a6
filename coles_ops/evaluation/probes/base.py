"""The contract of a probe.

N clients, F features, K classes.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from coles_ops.config import ConfigError, Evaluation
from coles_ops.registry import Registry
from coles_ops.schema import UserError


@dataclass(frozen=True)
class Labelled:
    """Features and class codes of the clients of one part."""

    features: np.ndarray  # (N, F)
    labels: np.ndarray  # (N,)


Predict = Callable[[np.ndarray], np.ndarray]  # features (N, F) to probabilities (N, K)


@dataclass(frozen=True)
class Fitting:
    """How a probe is fitted."""

    config: Evaluation  # settings and seed
    classes: int  # K
    threads: int  # cores used; the same wherever it runs, since another number may add up in another order


# Fitted on the first, stopped early or chosen by the second. What it returns predicts: by then, and not before, the
# test clients are seen.
Probe = Callable[[Labelled, Labelled, Fitting], Predict]

PROBES: Registry[Probe] = Registry("probe", "coles_ops.evaluation.probes")


def check_probes(config: Evaluation) -> None:
    """Raise ConfigError where a probe is not registered."""
    for name in config.probes:
        try:
            PROBES.get(name)
        except UserError as error:
            raise ConfigError(f"evaluation.probes: {error}") from None
