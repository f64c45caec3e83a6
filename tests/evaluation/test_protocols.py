"""By every protocol but the default one, which other tests take, a search and an evaluation come to a verdict."""

from importlib.util import find_spec

import pytest
from evaluations import evaluated_by

from coles_ops.protocols import PROTOCOLS, Clients

OPTIONS = {
    "holdout": {},
    "study": {},
    "study-as-published": {},
    "time": {"date": "2024-07-01"},
    "ptls": {"folds": 3},
}
FEWER = {"catboost": {"trees": 30}, "lightgbm": {"trees": 30, "least": 5}}


@pytest.mark.parametrize("name", OPTIONS)
def test_it_comes_to_a_verdict(tmp_path, coles_home, name):
    if name == "ptls" and not find_spec("lightgbm"):
        pytest.skip("lightgbm is not installed: pip install lightgbm")
    own = PROTOCOLS.get(name).probes or ({"name": "catboost"},)
    probes = [{**probe, **FEWER[probe["name"]]} for probe in own]
    run, events, evaluation = evaluated_by({"name": name, **OPTIONS[name]}, probes, coles_home, tmp_path)
    store, table = events.store, evaluation.scored()
    part = store.clients.set_index("client_id").part
    assert set(part[table.client_id]) == {"score"}
    assert table.client_id.nunique() == (part == "score").sum()
    folds = run.config.evaluation.protocol.outer_folds(Clients.of(store))
    assert table.groupby(["repeat", "fold"]).ngroups == len(folds)
    verdict, board = evaluation.verdict(), evaluation.leaderboard()
    assert verdict.protocol == name
    assert all(row.interval is not None for row in verdict.compared)
    swapped = (board.precision == board.recall).all()
    assert swapped == (name == "study-as-published")
