"""A trivial feature that tells the label stops the run, or is warned of; the user may know of it."""

import logging
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from coding.worlds import canonical, parts, write_rows
from sklearn.metrics import roc_auc_score
from tables import tiny_run

from coles_ops.artefacts.split import ClientSplit
from coles_ops.coding import EventCoding, EventFeatures, Scaler, code_events
from coles_ops.preprocess import preprocess_events
from coles_ops.preprocess.leaks import LeakError, Tell, _rates, check_tells, find_tells
from coles_ops.store import EventStore, write_store
from coles_ops.targets import Classes, Number

FEATURES = EventFeatures(categories=("status", "mcc"), amounts=("paid",), calendar=("hour",), gap=True)
CODING = EventCoding(
    features=FEATURES,
    vocabulary={"status": ("open", "closed"), "mcc": tuple("abcdefgh")},
    scalers={"paid": Scaler(mean=1, deviation=2), "gap": Scaler(mean=0, deviation=1)},
)


def world(clients: int, seed: int = 0) -> pd.DataFrame:
    """Events that know nothing of anybody."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(clients), rng.integers(10, 40, clients))
    when = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300 * 86_400, len(owner)), unit="s")
    columns = {"who": owner, "event_time": when, "status": "open", "mcc": rng.choice(list("abcdefgh"), len(owner))}
    return pd.DataFrame(columns | {"paid": rng.normal(size=len(owner))})


def store_of(folder, events: pd.DataFrame, label: np.ndarray, **more: np.ndarray) -> EventStore:
    coded = code_events(CODING, events.assign(client_id=[f"c{i:05d}" for i in events.who]).drop(columns="who"))
    clients = pd.DataFrame({"client_id": coded.ids, "part": "train", "label": label, **more})
    number = label.dtype.kind == "f"
    target = Number() if number else Classes(names=tuple(f"class {code}" for code in range(label.max() + 1)))
    schema = CODING.store_schema(target)
    return write_store(folder / "store", schema, coded.time, coded.offsets, coded.columns, clients)


def test_events_that_know_nothing_tell_nothing(tmp_path):
    label = np.random.default_rng(1).integers(-1, 3, 400)
    tells = find_tells(store_of(tmp_path, world(400), label), CODING)
    assert {tell.label for tell in tells} == {"class 0", "class 1", "class 2"}
    assert tells[0].score < 0.7
    assert [tell.score for tell in tells] == sorted((tell.score for tell in tells), reverse=True)
    check_tells(tells, ())


def _stop(events: pd.DataFrame, one: pd.Series) -> pd.DataFrame:
    return events[~(one & (events.event_time > "2024-08-01"))]


def _begin(events: pd.DataFrame, one: pd.Series) -> pd.DataFrame:
    return events[~(one & (events.event_time < "2024-03-01"))]


def _twice(events: pd.DataFrame, one: pd.Series) -> pd.DataFrame:
    return pd.concat([events, *[events[one]] * 3])


def _shop(events: pd.DataFrame, one: pd.Series) -> pd.DataFrame:
    return events.assign(mcc=events.mcc.where(~(one & events.mcc.isin(["a", "b"])), "c"))


def _closed(events: pd.DataFrame, one: pd.Series) -> pd.DataFrame:
    last = events.groupby("who").event_time.transform("max") == events.event_time
    return events.assign(status=events.status.where(~(one & last), "closed"))


def _owes(events: pd.DataFrame, one: pd.Series) -> pd.DataFrame:
    return events.assign(paid=events.paid + 3 * one)


def _night(events: pd.DataFrame, one: pd.Series) -> pd.DataFrame:
    return events.assign(event_time=events.event_time.where(~one, events.event_time.dt.floor("D")))


@pytest.mark.parametrize(
    ("change", "feature"),
    [
        (_stop, "time of the last event"), (_begin, "time of the first event"), (_twice, "number of events"),
        (_shop, "share of mcc"), (_closed, "last status"), (_owes, "mean paid"), (_night, "share of hour"),
    ],
)  # fmt: skip
def test_a_leak_stops_the_run_by_its_name_and_says_what_to_write(tmp_path, change: Callable, feature):
    events, label = world(300), np.arange(300) % 2
    tells = find_tells(store_of(tmp_path, change(events, events.who % 2 == 1), label), CODING)
    assert feature in {tell.feature for tell in tells if tell.score > 0.95}
    with pytest.raises(LeakError, match=rf"the {tells[0].feature}.* tells 'class 1'.*`label_time: COLUMN`.*`may_tell"):
        check_tells(tells, ())
    check_tells(tells, [tell.feature for tell in tells if tell.score > 0.95])


def test_what_tells_a_number_stops_the_run(tmp_path):
    """By ranks, whichever way they point."""
    events, label = world(300), np.random.default_rng(0).gamma(1, size=300)
    assert find_tells(store_of(tmp_path / "none", events, label), CODING)[0].score < 0.3
    for band in np.quantile(label, [0.1, 0.3, 0.5, 0.7, 0.9]):
        events = _owes(events, events.who.map(pd.Series(label)) < band)
    tells = find_tells(store_of(tmp_path, events, label), CODING)
    assert (tells[0].feature, tells[0].label) == ("mean paid", None)
    with pytest.raises(
        LeakError, match=r"the mean paid tells the label with a Spearman correlation of 0\.9.*`may_tell"
    ):
        check_tells(tells, ())


def test_the_last_value_tells_a_number_by_the_other_half_of_the_clients(tmp_path):
    events, label = world(300), np.random.default_rng(0).normal(size=300)
    last = events.groupby("who").event_time.transform("max") == events.event_time
    own = np.array(list("abcdefgh"))[Number().strata(label) * 8 // 10]
    told = events.assign(mcc=events.mcc.where(~last, own[events.who]))
    assert find_tells(store_of(tmp_path, told, label), CODING)[0].feature == "last mcc"


def test_cuts_that_tell_are_told(tmp_path):
    label = np.arange(300) % 2
    cut = 1_000_000 * (1_730_000_000 + 86_400 * label)
    tells = find_tells(store_of(tmp_path, world(300), label, cut=cut), CODING)
    assert (tells[0].feature, tells[0].score) == ("time of the cut", 1.0)


def test_a_rare_class_is_looked_at_where_chance_cannot_tell_it(tmp_path):
    events = world(1_000)
    for rare, found in ((20, True), (3, False)):
        label = (np.arange(1_000) < rare).astype(int)
        changed = _owes(events, events.who < rare)
        tells = find_tells(store_of(tmp_path / str(rare), changed, label), CODING)
        assert any(tell.score > 0.95 for tell in tells) == found


def test_values_are_shown_as_the_user_knows_them(tmp_path):
    events, label = world(300), np.arange(300) % 2
    tells = find_tells(store_of(tmp_path, _shop(events, events.who % 2 == 1), label), CODING)
    told = {tell.feature: tell.value for tell in tells}
    assert told["share of mcc"] == "c"
    night = find_tells(store_of(tmp_path / "n", _night(events, events.who % 2 == 1), label), CODING)
    assert {tell.feature: tell.value for tell in night}["share of hour"] == "0"


def test_from_85_on_it_is_warned_of(caplog):
    tells = [
        Tell(feature=name, label="yes", measure="ROC-AUC", score=auc)
        for name, auc in (("a", 0.95), ("b", 0.86), ("c", 0.85))
    ]
    with caplog.at_level(logging.WARNING):
        check_tells(tells, ("b",))
    assert [record.getMessage().split(" tells ")[0] for record in caplog.records] == ["the a"]


def test_roc_auc_is_that_of_sklearn_and_rates_are_of_the_other_half():
    rng = np.random.default_rng(0)
    features, label = np.round(rng.normal(size=(200, 5)), 1), (rng.random(200) < 0.3).astype(int)
    (side,) = Classes(names=("no", "yes")).sides(label)
    expected = [max(auc := roc_auc_score(label, column), 1 - auc) for column in features.T]
    assert np.allclose(side.score(features), expected)
    assert side.score(_rates(np.arange(200), side.values)[:, None]) == 0.5  # codes of one client each
    assert side.score(_rates(label, side.values)[:, None]) == 1


def test_the_store_of_a_leak_is_kept_for_those_who_know_of_it(tmp_path):
    table, where = canonical(clients=200), {"amounts": ["paid", "fee"], "nullable": ["paid"]}
    clients = parts(table).assign(group_id=None)
    label = table["client_id"].to_pandas().map(clients.set_index("client_id").label)
    table = table.set_column(table.column_names.index("fee"), "fee", pa.array(np.where(label == "1", 9.0, 1.0)))
    split = ClientSplit(path=tmp_path, fingerprint="split")
    split.write(clients)
    rows = write_rows(tmp_path / "rows", table)
    with pytest.raises(LeakError, match=r"the mean fee tells '1' from the rest with a ROC-AUC of 1\.000"):
        preprocess_events(tiny_run(tmp_path / "w", dataset=where), rows, split)
    known = tiny_run(tmp_path / "w", dataset=where, validation={"may_tell": ["mean fee"]})
    events = preprocess_events(known, rows, split)
    assert events.cached
    assert events.facts["tells"][0]["feature"] == "mean fee"
