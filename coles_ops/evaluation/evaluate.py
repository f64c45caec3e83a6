"""Every trial and baseline scored alike, into one leaderboard."""

import json
import logging
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from coles_ops.artefacts import Artefact, fingerprint, intact, publish, publish_file, read_json, write_json
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.trial import Status, TrialRecord
from coles_ops.artefacts.trials import Trials
from coles_ops.baselines import BASELINES
from coles_ops.config import Training
from coles_ops.evaluation.bootstrap import auc_resamples, interval, resamples
from coles_ops.evaluation.metrics import roc_auc, scores
from coles_ops.evaluation.probe import Labelled, catboost_probe
from coles_ops.evaluation.verdict import pick_winner, write_verdict
from coles_ops.run import Run
from coles_ops.schema import CLIENT, LABEL, PART, DataError, Part
from coles_ops.store import EventStore
from coles_ops.training import Features, count_truncated, embed, load_encoder, write_features

log = logging.getLogger("coles.evaluate")

_PROBED = (Part.TRAIN, Part.VALID, Part.TEST)


@dataclass(frozen=True)
class Entry:
    """A line of the leaderboard: facts known before it is evaluated."""

    id: str
    kind: str  # trial or baseline
    name: str
    facts: dict[str, Any]


def evaluate_entries(run: Run, events: Events, trials: Trials) -> Artefact:
    """Probe every trial and both baselines; write embeddings, predictions, leaderboard and verdict.

    The winner is the trial with the best validation ROC-AUC. Test clients decide nothing here: they are scored.
    An entry that was evaluated before is not evaluated again, unless its files are damaged or its encoder is another.

    Raises:
        DataError: no trial ended with an encoder.
    """
    board, verdict, key = run.path / "leaderboard.parquet", run.path / "verdict.json", trials.fingerprint
    store, config = events.store, run.config
    found = trials.records()
    entries = [_trial_entry(trial) for trial in trials.evaluable(config.evaluation.pruned)]
    if not entries:
        raise DataError(f"none of {len(found)} trials has an encoder to evaluate; their errors are in {trials.path}")
    total = len(entries) + len(BASELINES.names())
    evaluate = partial(_evaluate, run, store, events.fingerprint, trials)
    done = [evaluate(entry, f"{i} of {total}") for i, entry in enumerate(entries, 1)]
    winner = pick_winner([row for row, _ in done])
    spec = next(trial.training for trial in found if trial.trial == winner["entry"])
    facts = {"training": spec.model_dump(), "status": "finished"}
    for i, name in enumerate(BASELINES.names(), len(entries) + 1):
        done.append(evaluate(Entry(name, "baseline", name.replace("_", " "), facts), f"{i} of {total}"))
    if all(cached for _, cached in done) and all([intact(verdict), intact(board)]):
        return Artefact(path=board, fingerprint=key, cached=True)
    write_verdict(run, winner, store)
    rows = [row for row, _ in done] + [_failed_row(trial) for trial in found if trial.status is Status.FAILED]
    frame = pd.DataFrame(rows).sort_values("valid_roc_auc", ascending=False, na_position="last", ignore_index=True)
    with publish_file(board) as new:
        frame.to_parquet(new, index=False)
    return Artefact(path=board, fingerprint=key)


def _trial_entry(trial: TrialRecord) -> Entry:
    facts = trial.model_dump(mode="json")
    return Entry(trial.trial, "trial", trial_name(facts["training"]), facts)


def trial_name(spec: dict[str, Any]) -> str:
    """What people call a trial."""
    return f"{spec['encoder']['name']} · {spec['sampler']['name']} · {spec['encoder']['size']}"


def _failed_row(trial: TrialRecord) -> dict[str, Any]:
    return _facts(_trial_entry(trial))


def _facts(entry: Entry) -> dict[str, Any]:
    facts, trial = entry.facts, entry.kind == "trial"
    spec = facts["training"]
    return {
        "entry": entry.id,
        "kind": entry.kind,
        "name": entry.name,
        "encoder": spec["encoder"]["name"] if trial else None,
        "sampler": spec["sampler"]["name"] if trial else None,
        "embedding_size": spec["encoder"]["size"] if trial else None,
        "params": json.dumps(facts.get("params", {})),
        "status": facts["status"],
        "epochs": facts.get("epochs"),
        "probe_roc_auc": facts.get("probe_roc_auc"),
        "fit_seconds": facts.get("seconds"),
    }


def _evaluate(
    run: Run, store: EventStore, version: str, trials: Trials, entry: Entry, progress: str
) -> tuple[dict[str, Any], bool]:
    """The entry's row of the leaderboard, and whether it was there: from its folder where that is complete."""
    folder = run.path / "evaluation" / entry.id
    encoder = [trials.folder(entry.id).encoder] if entry.kind == "trial" else []
    key = fingerprint(version, entry.facts["training"], *encoder)
    cached = intact(folder, key)
    if not cached:
        with publish(folder, key) as new:
            _probe(run, store, trials, entry, new)
    row = read_json(folder / "metrics.json")
    if not cached:
        log.info("evaluated %s: %s, validation ROC-AUC %.4f", progress, entry.name, row["valid_roc_auc"])
    return row, cached


def _probe(run: Run, store: EventStore, trials: Trials, entry: Entry, folder: Path) -> None:
    config, started = run.config, time.monotonic()
    probed = np.isin(store.clients[PART], _PROBED)  # (C,)
    describe, truncated = _describe(run, store, trials, entry)
    features = write_features(folder / "embeddings.parquet", store, describe, probed)  # (P, F)
    embedded = time.monotonic()
    rows = {part: store.rows(part) for part in _PROBED}
    of = {part: features[np.searchsorted(np.flatnonzero(probed), r)] for part, r in rows.items()}
    train, valid = (Labelled(of[part], store.labels[rows[part]]) for part in (Part.TRAIN, Part.VALID))
    classes = len(store.schema.classes)
    p_valid, p_test = catboost_probe(train, valid, of[Part.TEST], classes, config.evaluation, config.resources.cores)
    truth = store.labels[rows[Part.TEST]]
    draws = resamples(truth, config.evaluation.bootstrap, config.evaluation.seed)
    low, high = interval(auc_resamples(truth, p_test, draws), config.evaluation.confidence)
    predictions = [
        _predictions(store, rows[part], part, proba) for part, proba in ((Part.VALID, p_valid), (Part.TEST, p_test))
    ]
    pd.concat(predictions).to_parquet(folder / "predictions.parquet", index=False)
    write_json(
        folder / "metrics.json",
        {
            **_facts(entry),
            "n_features": features.shape[1],
            "truncated_clients": truncated,
            "valid_roc_auc": roc_auc(valid.labels, p_valid),
            **{f"test_{name}": value for name, value in scores(truth, p_test).items()},
            "test_roc_auc_low": low,
            "test_roc_auc_high": high,
            "embed_seconds": embedded - started,
            "evaluate_seconds": time.monotonic() - embedded,
        },
    )


def _describe(run: Run, store: EventStore, trials: Trials, entry: Entry) -> tuple[Features, int]:
    """How the entry describes a client, and how many clients it does not read whole."""
    config, device = run.config, "cuda" if run.config.resources.gpu != 0 and torch.cuda.is_available() else "cpu"
    if entry.kind == "baseline":
        return BASELINES.get(entry.id)(store, config, Training.model_validate(entry.facts["training"])), 0
    model = load_encoder(trials.folder(entry.id).encoder).to(device)
    truncated = count_truncated(model, store, config.embedding)
    if truncated:
        log.info("%s: %d of %d clients are not read whole", entry.name, truncated, len(store.lengths))
    return lambda rows: embed(model, store, rows, config.embedding, device), truncated


def _predictions(store: EventStore, rows: np.ndarray, part: Part, proba: np.ndarray) -> pd.DataFrame:
    frame = pd.DataFrame({CLIENT: store.ids[rows], PART: str(part), LABEL: store.labels[rows]})
    return frame.assign(**{f"p_{k}": proba[:, k] for k in range(proba.shape[1])})
