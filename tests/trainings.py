"""A training small enough for a test."""

from typing import Any

from coles_ops.config import Training, choose
from coles_ops.objectives import OBJECTIVES
from coles_ops.training import Trainer


def small(**choice: Any) -> Training:
    """Encoders of 16 on short slices; ``choice`` is by keys of a search space, ``__`` for the dot."""
    layers = 2 if choice.get("encoder") == "history_token" else 1
    options = {"encoder": "gru", "encoder.size": 16, "encoder.layers": layers, "sampler.min": 5, "sampler.max": 20}
    given = {key.replace("__", "."): value for key, value in choice.items()}
    return choose(Training(), {**options, "batch_size": 8, "optimiser.learning_rate": 0.01, **given})


def suited(objective: str, **choice: Any) -> Training:
    """With an encoder that the objective can train; nothing is random but by the number of a batch."""
    if OBJECTIVES.get(objective)().needs.later:
        choice = {"encoder": "transformer", "encoder__positions": "rotary", "encoder__dropout": 0.0, **choice}
    return small(objective=objective, **choice)


def run_pass(trainer: Trainer) -> dict[str, float]:
    """Train on every client once."""
    return trainer.run(trainer.batches)
