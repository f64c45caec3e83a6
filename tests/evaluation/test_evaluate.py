"""Where entries are evaluated changes no byte; what was evaluated is not evaluated again."""

import logging
import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
from stores import write_store
from tables import tiny_run

from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.trial import Status, spec_id, trial_id
from coles_ops.artefacts.trials import RoundRecord, SearchRecord, Trials, WorkingTrials
from coles_ops.config import ConfigError
from coles_ops.evaluation import evaluate_entries, schedule
from coles_ops.evaluation.learning import learning_curve
from coles_ops.listed import LISTED
from coles_ops.run import Run
from coles_ops.tuning.space import plan_trials
from coles_ops.tuning.trial import Trial

SETTINGS = {
    "training": {"steps": 2},
    "embedding": {"max_events": 40},
    "evaluation": {"probes": [{"name": "catboost", "trees": 100}, "linear"], "labels": [14]},
}


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """A run whose trials have ended, and its events."""
    folder = tmp_path_factory.mktemp("searched")
    store = write_store(folder / "events" / "arrays", [0, 1, 300, *range(20, 77)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLES_HOME", str(folder / "home"))
        run = tiny_run(folder / "world", **SETTINGS)
    working = WorkingTrials.of(run.path)
    for spec in plan_trials(run.config):
        trial = working.folder(trial_id(spec))
        Trial(spec, run.config, store, trial, "cpu").step()
        trial.close(spec, Status.FINISHED)
    scores = {name: record.probe_score for name, record in working.ended().items()}
    names = {spec_id(spec): [trial_id(spec)] for spec in plan_trials(run.config)}
    working.publish("t", SearchRecord(rounds=[RoundRecord(steps=2, scores=scores)], finalists=names))
    return run, Events(path=folder / "events", fingerprint="tiny")


@pytest.fixture(scope="module")
def evaluated(searched, tmp_path_factory):
    """What the evaluation in one process gives."""
    folder = tmp_path_factory.mktemp("evaluated")
    run, events = copied(searched, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLES_HOME", str(folder / "home"))
        return run, events, evaluate_entries(run, events, Trials.of(run.path))


def copied(made: tuple, folder: Path, **evaluation) -> tuple:
    run, *others = made
    found = Run(Path(shutil.copytree(run.path, folder / "home" / "runs" / run.id)))
    settings = run.config.evaluation.model_copy(update=evaluation)
    vars(found)["config"] = run.config.model_copy(update={"evaluation": settings})
    return found, others[0]


def results(evaluation: Evaluation) -> dict[str, bytes | str]:
    board = evaluation.leaderboard().drop(columns=["embed_seconds", "evaluate_seconds"]).to_csv(index=False)
    files = [*evaluation.path.glob("*/*.parquet"), evaluation.verdict_file]
    return {file.name: file.read_bytes() for file in files} | {"board": board}


def test_what_is_scored_is_in_one_table(evaluated):
    *_, evaluation = evaluated
    table, board = evaluation.scored(), evaluation.leaderboard()
    families = ("coles", "counts", "topics", "rfm")
    rows = {
        *families,
        *(f"aggregates+{name}" for name in families),
        "best",
        "best_addition",
        "aggregates",
        "random_encoder",
    }
    assert set(table.representation) == set(board.representation) == rows
    assert not table.duplicated(["representation", "seed", "probe", "repeat", "fold", "client_id"]).any()
    fewer = table.probe.str.contains("@")
    assert table[~fewer].groupby(["representation", "probe"]).size().nunique() == 1
    assert set(table[fewer].representation) == {"aggregates", *families}
    assert learning_curve(table, 0.95).groupby("representation").labels.agg(["min", "count"]).eq([14, 2]).all(axis=None)
    assert len(board) == 2 * len(rows)
    truncated = board.set_index("representation").truncated_clients
    assert truncated["random_encoder"].tolist() == truncated["coles"].tolist()
    assert truncated["coles"].gt(0).all()
    assert board[~board.added].notna().all(axis=None)
    assert board[board.added].drop(columns=["log_loss", "brier"]).notna().all(axis=None)  # ranks are no probabilities


def test_no_client_that_is_scored_has_trained_an_encoder(evaluated):
    _, events, evaluation = evaluated
    clients = events.store.clients.set_index("client_id")
    assert set(clients.part[evaluation.scored().client_id]) == {"score"}


def test_in_each_fold_the_finalist_that_was_best_within_it_is_scored(evaluated):
    run, _, evaluation = evaluated
    names = [trial_id(spec) for spec in plan_trials(run.config)]
    choices, found = evaluation.choices(*names), evaluation.predictions(*names)
    best = choices[choices.probe == "catboost"].sort_values(["inner_score", "representation"], ascending=[True, False])
    best = best.groupby(["repeat", "fold"]).tail(1)  # of equals the first by id
    coles = evaluation.scored("coles")
    for place in best.itertuples():
        here = found[(found.representation == place.representation) & (found.repeat == place.repeat)]
        there = coles[(coles.repeat == place.repeat) & (coles.fold == place.fold)]
        merged = there.merge(here, on=["probe", "repeat", "fold", "client_id"], suffixes=("", "_of_finalist"))
        assert len(merged) == len(there)
        assert (merged.p_1 == merged.p_1_of_finalist).all()


def test_an_addition_is_the_mean_rank_of_the_aggregates_and_the_candidate_within_each_fold(evaluated):
    *_, evaluation = evaluated
    place = ["probe", "repeat", "fold", "client_id"]
    found = evaluation.scored("aggregates+coles").sort_values(place)
    names = found.merge(evaluation.leaderboard(), on=["representation", "probe"]).name.unique()
    assert all(name.startswith("aggregates + CoLES (") for name in names)
    base = evaluation.predictions("aggregates")
    trials = [record.representation for record in evaluation.records() if record.kind == "trained_encoder"]
    by_hand = []
    for trial in trials:
        both = base.merge(evaluation.predictions(trial), on=place, suffixes=("", "_of_trial"))
        ranks = both.groupby(place[:-1])[["p_1", "p_1_of_trial"]].rank()
        size = both.groupby(place[:-1]).p_1.transform("size")
        by_hand.append(both[place].assign(p_1=(ranks.mean(axis=1) - 0.5) / size))
    either = found.merge(pd.concat(by_hand), on=place, suffixes=("", "_by_hand"))
    assert len(either) == len(found) * len(trials)
    alike = np.isclose(either.p_1, either.p_1_by_hand)
    chosen = either.assign(alike=alike).groupby(place).alike.any()
    assert chosen.all()
    with_inner = evaluation.inner("aggregates")
    assert with_inner.groupby(["probe", "repeat", "fold"]).inner_fold.nunique().eq(2).all()


def test_the_looks_at_labels_are_counted(evaluated, tmp_path, monkeypatch):
    monkeypatch.setenv("COLES_HOME", str(tmp_path / "home"))
    run, events = copied(evaluated, tmp_path)
    other = Run(Path(shutil.copytree(run.path, run.path.with_name("other"))))  # as another setting would make one
    vars(other)["config"] = run.config
    told = []
    for each in (run, run, other):
        Evaluation.of(each.path).verdict_file.unlink()
        told.append(evaluate_entries(each, events, Trials.of(each.path)).verdict().remarks)
    assert told[0] == told[1]
    assert any("for the first time" in remark for remark in told[0])
    assert any("look 2 at these labels" in remark for remark in told[2])


@pytest.mark.ray
@pytest.mark.timeout(300)
def test_on_ray_with_a_lost_worker_the_bytes_are_those_of_one_process(searched, evaluated, tmp_path, monkeypatch):
    monkeypatch.setattr(schedule, "_RAY_STARTS", -1.0)
    run, events = copied(searched, tmp_path)
    killed = []

    def kill_one() -> None:
        while not killed and thread_goes_on:
            found = [p for p in psutil.Process().children(recursive=True) if p.name().startswith("ray::evaluate")]
            for process in found[:1]:
                killed.append(process.name())
                process.kill()
            time.sleep(0.01)

    thread_goes_on = [True]
    thread = threading.Thread(target=kill_one)
    thread.start()
    try:
        evaluation = evaluate_entries(run, events, Trials.of(run.path))
    finally:
        thread_goes_on.clear()
        thread.join()
    assert len(killed) == 1
    assert results(evaluation) == results(evaluated[2])


def test_what_was_evaluated_is_not_evaluated_again(evaluated, tmp_path):
    run, events = copied(evaluated, tmp_path)
    evaluation = evaluate_entries(run, events, Trials.of(run.path))
    assert evaluation.cached
    files = {file: file.stat().st_mtime_ns for file in evaluation.path.glob("predictions/*.parquet")}
    lost = evaluation.path / "predictions" / "aggregates.parquet"
    lost.unlink()
    again = evaluate_entries(run, events, Trials.of(run.path))
    assert not again.cached
    assert [file for file, when in files.items() if file.stat().st_mtime_ns != when] == [lost]
    assert results(again) == results(evaluated[2])


def test_with_another_representation_no_other_is_evaluated_again(evaluated, tmp_path):
    listed = evaluated[0].config.evaluation.representations
    another = LISTED.get("rfm")(variant="again")
    run, events = copied(evaluated, tmp_path, representations=(*listed[1:], another))  # and one is taken away
    before = {file: file.stat().st_mtime_ns for file in Evaluation.of(run.path).path.glob("predictions/*.parquet")}
    evaluation = evaluate_entries(run, events, Trials.of(run.path))
    after = {file: file.stat().st_mtime_ns for file in evaluation.path.glob("predictions/*.parquet")}
    assert [file.stem for file in after.keys() - before.keys()] == ["rfm-again"]
    assert {file: after[file] for file in before} == before
    board = set(evaluation.leaderboard().representation)
    assert {"rfm-again", "aggregates+rfm-again"} <= board
    assert listed[0].row not in board


def test_encoders_that_labels_teach_are_rows_like_others_and_go_on_after_ctrl_c(
    evaluated, tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr(schedule, "_RAY_STARTS", float("inf"))  # on a busy machine too
    quick = {"steps": 4, "look_every": 2, "batch_size": 16}
    tuned = LISTED.get("finetuned")(frozen_steps=2, joint=True, **quick), LISTED.get("supervised")(**quick)
    run, events = copied(evaluated, tmp_path, representations=tuned, embeddings=["finetuned"])
    with pytest.raises(ConfigError, match="there is no finetuned; known: aggregates"):
        evaluate_entries(run, events, Trials.of(run.path))
    run, events = copied(evaluated, tmp_path / "again", representations=tuned, embeddings=["aggregates"])
    caplog.set_level(logging.INFO, "coles.evaluate")
    log = logging.getLogger("coles.evaluate")
    log.addFilter(interrupt := _Interrupt("supervised (", "repeat 1, fold 0"))
    with pytest.raises(KeyboardInterrupt):
        evaluate_entries(run, events, Trials.of(run.path))
    log.removeFilter(interrupt)
    there = {record.representation for record in Evaluation.of(run.path).records()}
    assert "finetuned" in there
    assert "supervised" not in there
    evaluation = evaluate_entries(run, events, Trials.of(run.path))
    table, board = evaluation.scored(), evaluation.leaderboard().set_index(["representation", "probe"])
    assert {"finetuned", "aggregates+finetuned", "supervised", "aggregates+supervised"} < set(table.representation)
    assert table[~table.probe.str.contains("@")].groupby(["representation", "probe"]).size().nunique() == 1
    assert board.roc_auc["supervised", "catboost"] == board.roc_auc["supervised", "linear"]  # it takes no probe
    assert board.n_features["finetuned", "linear"] > board.n_features["supervised", "linear"] == 8
    assert evaluation.choices("finetuned").complexity.isin([2, 4]).all()
    finalist = Trials.of(run.path).search.finalists[next(iter(Trials.of(run.path).search.finalists))][0]
    assert finalist.split("-")[0] in board.name["finetuned", "linear"]


class _Interrupt(logging.Filter):
    """Ctrl-C where a line is logged that holds these words."""

    def __init__(self, *words: str):
        super().__init__()
        self.words = words

    def filter(self, record: logging.LogRecord) -> bool:
        if all(word in record.getMessage() for word in self.words):
            raise KeyboardInterrupt
        return True


def test_embeddings_are_of_those_asked_for(evaluated, tmp_path):
    *_, first = evaluated
    assert not list(first.path.glob("embeddings/*.parquet"))
    run, events = copied(evaluated, tmp_path / "all", embeddings="all")
    found = evaluate_entries(run, events, Trials.of(run.path))
    assert {file.stem for file in found.path.glob("embeddings/*.parquet")} == {
        record.representation for record in found.records()
    }
    run, events = copied(evaluated, tmp_path / "some", embeddings=["aggregates", "lstm"])
    with pytest.raises(ConfigError, match=r"there is no lstm; known: aggregates, .*gru-"):
        evaluate_entries(run, events, Trials.of(run.path))


def test_further_embeddings_and_representations_are_added_to_the_same_run(tmp_path):
    first = tiny_run(tmp_path / "w").id
    for more in ({"embeddings": "all"}, {"representations": ["rfm"]}):
        assert tiny_run(tmp_path / "w", evaluation=more).id == first
