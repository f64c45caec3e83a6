"""The benchmark of growth: who is scored learns nothing, a draw is measured once, and the page says what was found."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from benchmarks import growth, growth_clients, growth_page, growth_points, plot
from benchmarks.growth_clients import Crowd, expected
from benchmarks.growth_page import ENCODERS, FACTORS
from benchmarks.growth_points import features_of, predicted
from coles_ops import metrics
from coles_ops.artefacts.evaluation import PROBE, REPEAT
from coles_ops.schema import CLIENT, FITS, Part
from coles_ops.store import EventStore


@pytest.fixture
def crowd(monkeypatch) -> Crowd:
    """Few, and predicted by a probe that tries nothing."""
    monkeypatch.setitem(growth_clients.SETTINGS, "evaluation.probes", [{"name": "linear", "C": [0.03]}])
    return Crowd(scored=60, others=60, events=30)


def ids(store: EventStore, *parts: Part) -> set[str]:
    return set(store.ids[store.rows(*parts)])


def test_draws_score_the_same_clients_and_have_no_others_in_common(tmp_path, crowd):
    one, other = (crowd.store(tmp_path / str(draw), 30, draw) for draw in (0, 1))
    events, labels = crowd.config.dataset.files()
    scored = one.ids[one.rows(Part.SCORE)]
    assert set(scored) == ids(other, Part.SCORE) == set(pd.read_csv(labels).bank[:60])
    assert len(ids(one, *FITS)) == len(ids(other, *FITS)) == 30
    assert not ids(one, *FITS) & ids(other, *FITS)
    raw, client = pd.read_parquet(events), scored[7]
    row = int(np.flatnonzero(one.ids == client)[0])
    times = raw.transaction_dttm[raw.user_id == client].to_numpy().astype("datetime64[us]").astype(np.int64)
    np.testing.assert_array_equal(one.time[one.offsets[row] : one.offsets[row + 1]], times)
    label = pd.read_csv(labels).set_index("bank").higher_education[client]
    assert one.labels[row] == label


def test_a_draw_is_measured_once_and_shown(tmp_path, crowd):
    draw, rows = growth.Draw(60, steps=2), list(growth.ROWS)
    growth.measure_draw(crowd, draw, rows[:-1], ())
    assert growth.record_of(crowd, draw, ()) is None  # of a row too few
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "home").glob("store/*-growth")}
    growth.measure_draw(crowd, draw, rows, ())
    assert len(before) == len(rows) - 1
    assert all(path.stat().st_mtime_ns == made for path, made in before.items())
    found = growth.record_of(crowd, draw, ())
    (taught,) = found["labels"]
    assert all(low < score < high for score, low, high in taught["scores"].values())
    coles = next(each for each in taught["differences"] if (each["row"], each["to"]) == ("coles", "topics"))
    assert coles["difference"] == pytest.approx(taught["scores"]["coles"][0] - taught["scores"]["topics"][0])
    record = {"sizes": {draw.size: found}, "planned": {draw.size: 2}, "knows": {"both": 0.8}, **growth.where()}
    text = growth_page.section(record)
    assert f"Draws not run yet: 1 of {draw.size}." in text
    assert f"| {taught['scores']['coles'][0]:.3f} [" in text
    plot.draw_growth(record, tmp_path / "growth.svg")
    drawn = (tmp_path / "growth.svg").read_text()
    assert all(f"<!-- {name} -->" in drawn for name in (*FACTORS.values(), *ENCODERS.values()))


def test_few_labels_are_dealt_out_in_every_repeat_and_all_of_a_fold_once(tmp_path, monkeypatch, crowd):
    monkeypatch.setattr(growth_points, "FEW", 20)
    store = crowd.store(tmp_path / "made", 20, 0)
    features = features_of("topics", store, crowd.config, steps=0, seed=0)
    table = predicted(features, store, crowd.config, (20,))
    assert features.shape[0] == 60
    assert table.groupby(PROBE)[REPEAT].nunique().to_dict() == {"20": 2, "40": 1}
    assert (table.groupby([PROBE, REPEAT])[CLIENT].nunique() == 60).all()


def size(clients: int, *outcomes: str) -> dict:
    """A record in which next event stands so to topics, at 25 and 400 labels, and better to the others; CoLES worse."""
    labels = []
    for number, outcome in zip((25, 400), outcomes, strict=True):
        told = [
            {"row": row, "to": to, "outcome": "worse" if row == "coles" else outcome if to == "topics" else "better"}
            for row, to in product(ENCODERS, FACTORS)
        ]
        scores = {row: [clients / 10_000, 0, 1] for row in (*FACTORS, *ENCODERS)}
        labels.append({"labels": number, "differences": told, "scores": scores})
    return {"clients": clients, "steps": 800, "labels": labels}


def test_what_is_ahead_of_all_factors_is_said_to_be_and_where():
    sizes = [size(1_000, "undecided", "better"), size(3_000, "better", "better"), size(10_000, "worse", "undecided")]
    told = growth_page.answer([*sizes, size(300_000, "better", "better") | {"steps": 2_000}])  # not by the same steps
    assert "CoLES overtakes aggregates, counts and topics by 400 labels with no number of clients, is behind" in told
    assert "behind one of them with 1,000, 3,000 and 10,000; nor is it ahead of all three by fewer labels." in told
    assert "Next event overtakes aggregates, counts and topics by 400 labels with 1,000 and 3,000 clients, und" in told
    assert "undecided with 10,000; the fewest labels by which it does are 25, with 3,000 clients." in told
    assert "From 1,000 to 10,000 clients, by the same steps: topics from 0.100 to 1.000" in told


def test_what_can_be_known_of_the_label_is_that_of_many_made_up_clients():
    rng = np.random.default_rng(0)
    signs = rng.choice([-1, 1], (200_000, 2))
    label = (rng.random(len(signs)) < 1 / (1 + np.exp(-1.1 * signs.sum(axis=1)))).astype(int)
    for known in (1, 2):
        told = 0.5 + signs[:, :known].sum(axis=1) / 8
        assert expected(known) == pytest.approx(metrics.roc_auc(label, np.stack([1 - told, told], axis=1)), abs=0.004)
