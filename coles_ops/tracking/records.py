"""A row of the leaderboard or a trial as a record: what its W&B run holds, and what a dashboard draws."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from coles_ops.artefacts.evaluation import PROBE, REPRESENTATION, Evaluation
from coles_ops.artefacts.trial import Status, TrialFolder, spec_id
from coles_ops.artefacts.trials import Trials
from coles_ops.artefacts.verdict import Verdict
from coles_ops.config import Training
from coles_ops.evaluation.lines import Line, lines
from coles_ops.evaluation.rows import RANDOM
from coles_ops.evaluation.trialboard import build_trialboard
from coles_ops.representations import TrainedEncoder, trial_name
from coles_ops.run import Run
from coles_ops.tracking import names

_ALL = "all"  # the family of rows made of the candidates of all
_ELSEWHERE = {REPRESENTATION, PROBE, names.NAME, names.FAMILY, names.ADDED, names.TRIAL}
_ELSEWHERE |= {"encoder", "sampler", "embedding_size"}  # all of these are in the name or the configuration


@dataclass(frozen=True)
class Record:
    """What is known of a row or a trial, under the names of ``tracking.names``."""

    what: str  # the row or the trial, unique in its run
    kind: str  # ROW or TRIAL
    name: str  # as people read it
    family: str
    tags: list[str]
    config: dict[str, Any]
    summary: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)


def row_records(run: Run, trials: Trials, evaluation: Evaluation) -> list[Record]:
    """One a row of the long table, in the order of the leaderboard."""
    verdict = evaluation.verdict()
    evaluated = {record.representation for record in evaluation.records()}
    finalists = [_encoder(trial.trial, trial.training) for trial in trials.records() if trial.trial in evaluated]
    titles = {encoder.title: encoder for encoder in finalists}
    searched = {
        names.TRAINING: sum(trial.seconds or 0 for trial in trials.records()),
        names.PEAK: max(trial.peak_mb or 0 for trial in trials.records()),
    }
    of_encoders = {_ALL, *(encoder.family for encoder in finalists)}
    found = []
    for line in lines(evaluation.leaderboard(), verdict):
        family, encoder = line.figures[names.FAMILY], titles.get(line.figures["candidate"])
        # whichever encoder a row is, it was searched for
        trained = searched if family in of_encoders and line.row != RANDOM else {names.TRAINING: 0.0}
        seconds = line.figures["embed_seconds"] + line.figures["evaluate_seconds"] + trained[names.TRAINING]
        found.append(
            Record(
                what=line.row,
                kind=names.ROW,
                name=line.name,
                family=family,
                tags=_tags(run, family, encoder),
                config=_config(run, encoder, line.added, family),
                summary=_scores(line, verdict) | trained | {names.COST: seconds} | _said(run, verdict),
            )
        )
    return found


def trial_records(run: Run, trials: Trials, evaluation: Evaluation) -> list[Record]:
    """One a trial that did not fail, the best on the clients that tune first."""
    verdict = evaluation.verdict()
    board = build_trialboard(trials, evaluation, verdict.probe)
    found = []
    for row in board[board.status != str(Status.FAILED)].to_dict("records"):
        folder = trials.folder(row[names.TRIAL])
        record = folder.record()
        assert record is not None, "published trials have ended"
        begun = begun_trial(run, folder.name, record.training)
        history = [probe.model_dump() for probe in folder.progress()]
        found.append(replace(begun, summary=_known(row) | _said(run, verdict), history=history))
    return found


def begun_trial(run: Run, trial: str, training: Training) -> Record:
    """Of a trial, before anything is known of it but what it is."""
    encoder = _encoder(trial, training)
    return Record(
        what=trial,
        kind=names.TRIAL,
        name=encoder.name,
        family=encoder.family,
        tags=_tags(run, names.TRIAL, encoder),
        config=_config(run, encoder, added=False),
    )


def _encoder(trial: str, training: Training) -> TrainedEncoder:
    file = TrialFolder(Path(trial)).encoder  # it is not read
    return TrainedEncoder(id=trial, name=trial_name(training), training=training, spec=spec_id(training), file=file)


def _tags(run: Run, family: str, encoder: TrainedEncoder | None) -> list[str]:
    config = run.config
    found = [config.name, config.dataset.name, config.evaluation.protocol.name, family]
    if encoder:
        found += [encoder.family, encoder.training.encoder.name, encoder.training.sampler.name]
    return list(dict.fromkeys(found))


def _config(run: Run, encoder: TrainedEncoder | None, added: bool, family: str | None = None) -> dict[str, Any]:
    """That of the run; the training is that of the encoder, and where there is none, nothing was trained."""
    own = run.config.model_dump(mode="json", exclude={"resources", "tracking", "training"})
    training = {"training": encoder.training.model_dump(mode="json")} if encoder else {}
    return own | training | {names.FAMILY: family or (encoder and encoder.family), names.ADDED: added}


def _scores(line: Line, verdict: Verdict) -> dict[str, Any]:
    """Of a row: under names that are the same for all metrics, and under their own."""
    found = {names.SCORE: line.score, names.MEASURE: verdict.metric, names.BY_PROBE: line.others}
    if line.interval:
        found |= {names.LOW: line.interval[0], names.HIGH: line.interval[1]}
    if line.told:
        found |= {names.DIFFERENCE: line.told.difference}
        if line.told.interval:
            found |= {names.DIFFERENCE_LOW: line.told.interval[0], names.DIFFERENCE_HIGH: line.told.interval[1]}
    return _known(line.figures) | found


def _said(run: Run, verdict: Verdict) -> dict[str, Any]:
    return {
        names.VERDICT: verdict.sentence,
        names.OUTCOME: str(verdict.outcome),
        names.OUTCOMES: {row.representation: str(row.outcome) for row in verdict.compared},
        names.CREATED: run.manifest["created"],
    }


def _known(figures: dict[str, Any]) -> dict[str, Any]:
    """What is known, and stands neither in the name nor in the configuration."""
    return {name: value for name, value in figures.items() if name not in _ELSEWHERE and pd.notna(value)}
