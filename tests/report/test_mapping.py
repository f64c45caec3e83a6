"""Clients on the map lie where their embeddings say, and are shown with what they did."""

import numpy as np
import pytest
from evaluations import finished_evaluation
from stores import write_events, write_store
from tables import tiny_run

from coles_ops.artefacts.events import Events
from coles_ops.artefacts.trials import Trials
from coles_ops.embedding import embed, load_encoder
from coles_ops.report import mapping
from coles_ops.report.histories import neighbours
from coles_ops.report.mapping import map_clients


@pytest.fixture
def made(tmp_path):
    """A run, its events and what was evaluated of it: two scored clients of each label, and one without events."""
    store = write_store(tmp_path / "events" / "arrays", np.array([0, *range(20, 59)]))
    run = tiny_run(tmp_path / "world")
    scored = [*store.ids[store.labels == 0][:2], *store.ids[store.labels == 1][:2]]
    trials, evaluation = finished_evaluation(run.path, run.config, scored=scored, store=store)
    return run, write_events(tmp_path / "events", store), trials, evaluation


def vectors(run, events: Events, trials: Trials, rows: np.ndarray) -> np.ndarray:
    found = embed(load_encoder(trials.folder("t").encoder), events.store, rows, run.config.embedding)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_nearest_clients_are_those_of_the_greatest_cosine(made, monkeypatch):
    monkeypatch.setattr(mapping, "_NEAREST", 3)
    run, events, trials, evaluation = made
    found = map_clients(run, events, trials, evaluation)
    store, points = events.store, found.points
    filled = np.flatnonzero(store.lengths)
    assert points["row"].tolist() == filled.tolist()
    assert set(store.ids[points["row"][points.scored]]) <= set(evaluation.scored().client_id)
    asked = found.nearest["row"].unique()
    assert set(asked) == set(points["row"][points.scored])
    cosines = vectors(run, events, trials, filled) @ vectors(run, events, trials, filled).T
    for row in asked:
        own = cosines[filled.tolist().index(row)].copy()
        own[filled.tolist().index(row)] = -np.inf
        near = found.nearest[found.nearest["row"] == row]
        assert near["nearest"].tolist() == filled[np.argsort(-own)[:3]].tolist()
        assert near.distance.to_numpy() == pytest.approx(1 - np.sort(own)[::-1][:3], abs=1e-5)
    assert 0 < sum(found.facts.explained) <= 1


def test_of_few_clients_nobody_is_near_to_itself(made, monkeypatch):
    monkeypatch.setattr(mapping, "_CLIENTS", 3)
    near = map_clients(*made).nearest
    assert (near["row"] != near["nearest"]).all()
    assert np.isfinite(near.distance).all()
    assert set(near.groupby("row").size()) == {2}


def test_of_many_clients_some_are_on_the_map_and_half_of_them_are_scored(made, monkeypatch):
    monkeypatch.setattr(mapping, "_CLIENTS", 6)
    run, events, trials, evaluation = made
    points = map_clients(run, events, trials, evaluation).points
    assert (len(points), points.scored.sum()) == (6, 3)


def test_it_is_made_once(made):
    assert not map_clients(*made).cached
    assert map_clients(*made).cached
    assert not map_clients(*made, seed=1).cached


def test_histories_tell_what_the_last_events_were(made):
    _, events, *_ = made
    store = events.store
    shown = neighbours(events, map_clients(*made), ["mcc", "hour", "amount", "gap"])
    labels = [each.asked.label for each in shown]
    assert sorted(labels[:2]) == ["no", "yes"]  # one of each label before a second
    for each in (each.asked for each in shown):
        row = store.ids.tolist().index(each.client)
        last = store.offsets[row + 1] - 1
        assert each.columns == ["mcc", "amount"]  # the time tells the rest
        time, code, amount = each.rows[0]
        assert time == str(store.time[last].astype("datetime64[us]").astype("datetime64[m]")).replace("T", " ")
        assert code == "abcdefghij"[store.columns["mcc"][last] - 1]
        assert float(amount) == pytest.approx(float(store.columns["amount"][last]), rel=1e-5)
        assert each.events == store.lengths[row]
        assert len(each.rows) == 6
    assert all(near for each in shown for _, near in each.nearest)
