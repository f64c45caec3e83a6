"""What the growth benchmark measures of a draw of clients: the features of each row, and what probes make of them.

F features of a client.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measure import console
from coles_ops.artefacts.evaluation import PROBE
from coles_ops.config import Config
from coles_ops.config.space import choose
from coles_ops.evaluation.folds import by_probes, predict_folds
from coles_ops.evaluation.learning import fewer
from coles_ops.evaluation.outoffold import OutOfFold
from coles_ops.features import Features
from coles_ops.probes import Fitting
from coles_ops.protocols import Clients
from coles_ops.representations import Aggregates, Factored
from coles_ops.representations.encoders import by_encoder
from coles_ops.schema import CLIENT, GROUP, Part
from coles_ops.statistics import Estimate, compare, estimate, gain
from coles_ops.store import EventStore
from coles_ops.training import Trainer

FACTORS = ("aggregates", "counts", "topics")
ENCODERS = {"coles": "contrastive", "next_event": "next_event"}  # row to objective
ROWS = (*FACTORS, *ENCODERS)
_TOLD = 200  # steps between two lines of progress
FEW = 100  # labels, up to which they are dealt out in every repeat
_CONFIDENCE, _DELTA = 0.95, 0.01


def features_of(row: str, store: EventStore, config: Config, steps: int, seed: int) -> Features:
    """(N, F) of the clients who are scored; nothing was learnt from them.

    Args:
        row: one of ``ROWS``.
        store: events of all.
        config: names the options of all rows.
        steps: of an encoder's training.
        seed: of it.
    """
    scored = store.rows(Part.SCORE)
    if row in ENCODERS:
        spec = choose(config.training, {"objective": ENCODERS[row], "steps": steps, "seed": seed})
        trainer = Trainer(store, spec)
        while trainer.step < steps:
            found = trainer.run(min(_TOLD, steps - trainer.step))
            console.print(f"  {row}: step {trainer.step:,} of {steps:,}, loss {found['loss']:.4f}", style="dim")
        return by_encoder(trainer.model, store, config.embedding, "cpu")(scored)
    if row == "aggregates":
        described = Aggregates(options=config.evaluation.aggregates)
        return described.describe(store, config.embedding, "cpu")(scored)
    options = next(each for each in config.evaluation.representations if each.row == row)
    return Factored.of(options, config.dataset).describe(store, config.embedding, "cpu")(scored)


def predicted(features: Features, store: EventStore, config: Config, labels: Sequence[int]) -> pd.DataFrame:
    """Every scored client, predicted out of fold by probes that so many labels taught, and by all there are.

    Few labels are dealt out in every repeat of the protocol, since it matters which; many once.

    Returns:
        A row a prediction, as those of ``predict_folds``, with the group; the probe is the number of labels.
    """
    scored, (probe,) = store.rows(Part.SCORE), config.evaluation.probes
    parts = np.full(len(scored), str(Part.SCORE))
    clients = Clients(store.labels[scored], store.groups[scored], parts, target=store.schema.target)
    protocol, found = config.evaluation.protocol, []
    folds = protocol.outer_folds(clients)
    learners = by_probes(lambda rows: features[rows], clients, protocol, [probe])
    how = Fitting(clients.target, threads=1, seed=config.evaluation.seed)
    for size in (*labels, min(len(fold.train) for fold in folds)):
        dealt = [fold for fold in folds if size <= FEW or fold.repeat == 0]
        taught = [fewer(fold, size, clients, protocol.seed) for fold in dealt]
        found.append(predict_folds(learners, clients, taught, protocol, how).predictions.assign(**{PROBE: str(size)}))
    table = pd.concat(found, ignore_index=True)
    return table.assign(**{GROUP: clients.group[table[CLIENT]]})


def compared(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Scores of all rows by number of labels, and how far encoders are ahead of factors on the same clients.

    Args:
        table: predictions of all rows and draws, the draws as seeds.

    Returns:
        A mapping a number of labels, rising; differences count as six that are compared (Holm).
    """
    found = []
    for probe in sorted(table[PROBE].unique(), key=int):
        out_of_fold = OutOfFold.of(table, probe)
        scored = {row: out_of_fold.scored(row) for row in ROWS}
        scores = {row: estimate(each) for row, each in scored.items()}
        pairs = list(product(ENCODERS, FACTORS))
        told = compare([estimate(gain(scored[one], scored[other])) for one, other in pairs], _DELTA, _CONFIDENCE)
        found.append(
            {
                "labels": int(probe),
                "scores": {row: [float(score.value), *_interval(score)] for row, score in scores.items()},
                "differences": [
                    {
                        "row": one,
                        "to": other,
                        "difference": float(each.difference.value),
                        "interval": [each.low, each.high],
                        "outcome": str(each.outcome),
                    }
                    for (one, other), each in zip(pairs, told, strict=True)
                ],
            }
        )
    return found


def _interval(score: Estimate) -> list[float]:
    return [float(end) for end in score.interval(_CONFIDENCE)]
