"""By every protocol but the default one, which other tests take, a search and an evaluation come to a verdict."""

from importlib.util import find_spec

import numpy as np
import pytest
from stores import write_store
from tables import tiny_run

from coles_ops.artefacts.events import Events
from coles_ops.artefacts.trial import Status, spec_id, trial_id
from coles_ops.artefacts.trials import RoundRecord, SearchRecord, Trials, WorkingTrials
from coles_ops.evaluation import evaluate_entries
from coles_ops.protocols import PROTOCOLS, Clients, Protocol
from coles_ops.tuning.trial import Trial

OPTIONS = {
    "holdout": {},
    "study": {},
    "study-as-published": {},
    "time": {"date": "2024-07-01"},
    "ptls": {"folds": 3},
}
FEWER = {"catboost": {"trees": 30}, "lightgbm": {"trees": 30, "least": 5}}


@pytest.fixture
def evaluated(tmp_path, coles_home):
    """Evaluate one encoder of two steps by a protocol: (run, store, evaluation)."""

    def make(name: str):
        own = PROTOCOLS.get(name).probes or ({"name": "catboost"},)
        probes = [{**probe, **FEWER[probe["name"]]} for probe in own]
        given = {"name": name, "inner": 2, "least": 2, **OPTIONS[name]}
        run = tiny_run(tmp_path / "world", training={"steps": 2}, evaluation={"protocol": given, "probes": probes})
        store = with_parts(
            write_store(tmp_path / "events" / "arrays", np.full(160, 25)), run.config.evaluation.protocol
        )
        spec, working = run.config.training, WorkingTrials.of(run.path)
        trial = Trial(spec, run.config, store, working.folder(trial_id(spec)), "cpu")
        trial.step()
        trial.folder.close(spec, Status.FINISHED)
        scores = {trial_id(spec): trial.history[-1].probe_score}
        finalists = {spec_id(spec): [trial_id(spec)]}
        working.publish("t", SearchRecord(rounds=[RoundRecord(steps=2, scores=scores)], finalists=finalists))
        events = Events(path=tmp_path / "events", fingerprint="tiny")
        return run, store, evaluate_entries(run, events, Trials.of(run.path))

    return make


def with_parts(store, protocol: Protocol):
    """The same with the parts of a protocol; labels are of the days of 2024, and a fifth has none."""
    table = store.clients.copy()
    table["label"] = np.where(np.arange(len(table)) % 5 == 0, -1, np.arange(len(table)) // 5 % 2)
    days = np.datetime64("2024-01-01") + np.arange(len(table)) * 7919 % 366
    clients = Clients(table.label.to_numpy(), table.group_id.to_numpy(str), time=days.astype("datetime64[us]"))
    file = next(store.path.glob("clients.parquet"))
    table.assign(part=protocol.assign(clients).astype(str)).to_parquet(file, index=False)
    return type(store)(store.path)


@pytest.mark.parametrize("name", OPTIONS)
def test_it_comes_to_a_verdict(evaluated, name):
    if name == "ptls" and not find_spec("lightgbm"):
        pytest.skip("lightgbm is not installed: pip install coles[lightgbm]")
    run, store, evaluation = evaluated(name)
    table, protocol = evaluation.scored(), run.config.evaluation.protocol
    part = store.clients.set_index("client_id").part
    assert set(part[table.client_id]) == {"score"}
    assert table.client_id.nunique() == (part == "score").sum()
    assert table.groupby(["repeat", "fold"]).ngroups == len(protocol.outer_folds(Clients.of(store)))
    verdict, board = evaluation.verdict(), evaluation.leaderboard()
    assert verdict.protocol == name
    assert all(row.interval is not None for row in verdict.compared)
    swapped = (board.precision == board.recall).all()
    assert swapped == (name == "study-as-published")
