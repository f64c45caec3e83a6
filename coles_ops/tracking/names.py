"""What a W&B run calls what it holds: those who write runs and those who draw them read the same names."""

from coles_ops.artefacts.trial import METRIC

ROW, TRIAL = "row", "trial"  # what a W&B run is of: its job type
WHAT = "what"  # of a table of such runs: which row or trial

# history of a trial, by optimiser step
STEP, LOSS, TUNING = "step", "loss", METRIC

# summary of a row, of whatever metric, and of a trial (TUNING, SECONDS)
SCORE, LOW, HIGH = "score", "score_low", "score_high"
MEASURE = "metric"  # title of what SCORE is of
DIFFERENCE, DIFFERENCE_LOW, DIFFERENCE_HIGH = "difference", "difference_low", "difference_high"  # to plain aggregates
VERDICT, OUTCOME, OUTCOMES = "verdict", "outcome", "outcomes"
BY_PROBE = "by_probe"  # the score by every other probe
TRAINING, PEAK = "train_seconds", "peak_mb"  # of a row: of all trials that were searched for its encoders
COST = "cost_seconds"  # of a row: to search for its encoders, describe the clients and probe them
SECONDS = "seconds"  # of a trial: of its training
CREATED = "created"  # of the run, ISO 8601

# configuration: the run's own, dotted, and what a row is
FAMILY, ADDED, NAME = "family", "added", "name"
DATASET, PROTOCOL = "dataset.name", "evaluation.protocol.name"
ENCODER, SIZE, READOUT = "training.encoder.name", "training.encoder.size", "training.encoder.readout"
SAMPLER, OBJECTIVE = "training.sampler.name", "training.objective.name"
RATE, BATCH, SEED = "training.optimiser.learning_rate", "training.batch_size", "training.seed"


def short(key: str) -> str:
    """What a table or an axis calls a key of the configuration: ``encoder``, ``encoder.size``, ``batch_size``."""
    return key.removeprefix("training.").removesuffix(".name")
