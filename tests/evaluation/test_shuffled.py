"""A shuffled column loses what was drawn from it, and nothing else changes."""

import numpy as np
import pytest
from stores import write_store
from tables import QUICK, tiny_run

from coles_ops.aggregates.options import Aggregation
from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.artefacts.shuffling import ORDER
from coles_ops.config import Embedding, Training
from coles_ops.embedding import embed
from coles_ops.encoders import build_encoder
from coles_ops.evaluation import shuffled
from coles_ops.evaluation.entry import Entry, evaluate_entry
from coles_ops.evaluation.shuffled import ShuffledStore, shuffle_columns, write_shuffled
from coles_ops.factors.counts import Counts
from coles_ops.factors.topics import Topics
from coles_ops.protocols import Clients
from coles_ops.representations import Aggregates, Factored


def test_a_column_is_dealt_out_anew_among_some_clients_for_a_while_and_all_else_stays(tiny_store):
    rows = np.array([2, 4, 7])
    owner = np.repeat(np.arange(len(tiny_store.lengths)), tiny_store.lengths)
    theirs, found = np.isin(owner, rows), ShuffledStore(tiny_store.path)
    one, other = tiny_store.columns["mcc"], found.columns["mcc"]
    with found.shuffled("mcc", rows):
        assert (one[~theirs] == other[~theirs]).all()
        assert sorted(one[theirs]) == sorted(other[theirs])
        assert (one[theirs] != other[theirs]).any()
        assert all((tiny_store.columns[name] == found.columns[name]).all() for name in ("hour", "amount", "gap"))
    assert (one == other).all()


def test_the_order_is_that_of_whole_events_of_each_client(tiny_store):
    rows, found = np.array([2, 4]), ShuffledStore(tiny_store.path)
    with found.shuffled(ORDER, rows):
        assert (found.columns["mcc"] != tiny_store.columns["mcc"]).any()
        for row in rows:
            own = slice(*tiny_store.offsets[row : row + 2])
            events = [
                sorted(zip(*(values[own] for values in store.columns.values()), strict=True))
                for store in (tiny_store, found)
            ]
            assert events[0] == events[1]


def test_an_encoder_reads_the_shuffled_events(tiny_store):
    spec, rows, store = Training(), np.array([2, 4]), ShuffledStore(tiny_store.path)
    model = build_encoder(store.schema, spec.built_encoder(store.schema), seed=0)
    plain = embed(model, store, rows, Embedding())
    with store.shuffled("mcc", rows):
        assert (embed(model, store, rows, Embedding()) != plain).any()
    assert (embed(model, store, rows, Embedding()) == plain).all()


def evaluated(tmp_path, *made):
    """Entries on a store whose labels follow from codes and amounts."""
    store = write_store(tmp_path / "events" / "arrays", np.full(150, 30))
    run = tiny_run(tmp_path / "world", evaluation={"protocol": {**QUICK, "repeats": 1}, "probes": ["linear"]})
    folds = run.config.evaluation.protocol.outer_folds(Clients.of(store))
    places = frozenset((fold.repeat, fold.number) for fold in folds)
    found = [Entry(each, places, store.path, "v", Evaluation.of(run.path), run.config, 1) for each in made]
    for entry in found:
        evaluate_entry(entry)
    return found


AGGREGATES = Aggregates(options=Aggregation(blocks=("amounts", "categories")))  # neither hours nor the order
COUNTS = Factored(id="counts", name="counts", options=Counts())


def test_what_is_not_read_loses_nothing_and_what_tells_the_label_loses_most(tmp_path, monkeypatch):
    (entry,) = evaluated(tmp_path, AGGREGATES)
    told = shuffle_columns(entry)
    drops = {drop.column: drop for drop in told.drops}
    assert list(drops) == ["mcc", "hour", "amount", "gap", ORDER]
    assert max(drops, key=lambda column: drops[column].lost) == "mcc"
    assert drops["mcc"].lost > 0.1
    assert [column for column, drop in drops.items() if not drop.read] == ["hour", ORDER]
    assert all(drop.interval[0] <= drop.lost <= drop.interval[1] for drop in told.drops)
    found = entry.target.predictions("aggregates")
    target = ShuffledStore(entry.store).schema.target
    by_fold = [
        target.score([(own.label.to_numpy(), own[["p_0", "p_1"]].to_numpy())]) for _, own in found.groupby("fold")
    ]
    assert told.score == pytest.approx(np.mean(by_fold))  # by the very probes that gave the score
    assert told.clients == told.scored == len(found)
    monkeypatch.setattr(shuffled, "_EVENTS", 5 * 30 * 20)  # of many events some clients are shuffled
    assert shuffle_columns(entry).clients in (19, 20, 21)


def test_other_last_bits_of_other_batches_are_no_reading(tmp_path):
    topics = Factored(id="topics", name="topics", options=Topics(columns=("mcc",), size=4))
    (entry,) = evaluated(tmp_path, topics)
    assert [drop.column for drop in shuffle_columns(entry).drops if drop.read] == ["mcc"]


def test_aggregates_and_the_best_candidate_are_told_once(tmp_path):
    entries = evaluated(tmp_path, COUNTS, AGGREGATES)
    assert write_shuffled(entries)
    assert [each.representation for each in entries[0].target.shuffled()] == ["aggregates", "counts"]
    lost = {drop.column: drop.lost for drop in entries[0].target.shuffled()[1].drops}
    assert [column for column, loss in lost.items() if loss] == ["mcc"]  # counts read nothing else
    assert entries[0].target.shuffled_file in entries[0].target.sealed()
    assert not write_shuffled(entries)
