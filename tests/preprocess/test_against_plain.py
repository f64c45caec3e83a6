"""The store against the slow, plain way: pandas over the whole table, sorted by Python's rules."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import write_world

from coles_ops.config import Config
from coles_ops.preprocess import arrays, preprocess_events, read_rows, split_clients
from coles_ops.preprocess.shards import Layout
from coles_ops.run import open_run
from expectations import validate_raw


def world(lengths: list[int], seed: int, seconds: int, step: str = "s") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Clients of these lengths, rows in random order, many at the same second where ``seconds`` is small."""
    rng = np.random.default_rng(seed)
    owner = rng.permutation(np.repeat(np.arange(len(lengths)), lengths))
    begin = pd.Timestamp("2023-12-31 20:00:00")
    events = pd.DataFrame(
        {
            "who": np.char.add("client-", rng.permutation(len(lengths)).astype(str)).astype(object)[owner],
            "when": begin + pd.to_timedelta(rng.integers(0, seconds, len(owner)), unit=step),
            "mcc": rng.integers(0, 30, len(owner)).astype(str).astype(object),
            "city": rng.choice(np.array(["x", "y", "z", None], dtype=object), len(owner), p=[0.6, 0.2, 0.15, 0.05]),
            "paid": np.round(rng.normal(0, 50, len(owner)), 1),
        }
    )
    ids = np.sort(events.who.unique())
    return events, pd.DataFrame({"who": ids, "label": np.arange(len(ids)) % 2})[: max(20, len(ids) * 2 // 3)]


def plain(events: pd.DataFrame, parts: pd.Series, config: Config) -> tuple[dict[str, np.ndarray], dict[str, list]]:
    """Columns of the store and its vocabulary, with ``parts`` from client id to part."""
    table = events.assign(
        time=events.when.astype("datetime64[us]").astype(np.int64),
        paid=(np.sign(events.paid) * np.log1p(events.paid.abs())).astype(np.float32),
        **{name: events[name].fillna("") for name in ("mcc", "city")},
    ).sort_values(["who", "when", "paid", "mcc", "city"], ignore_index=True)
    fits = table.who.map(parts).isin(["train", "pretrain"])
    local = table.when.dt.tz_localize("UTC").dt.tz_convert(config.dataset.timezone)
    columns = {"time": table.time, "hour": local.dt.hour + 1, "weekday": local.dt.weekday + 1}
    vocabulary = {}
    for name in ("mcc", "city"):
        counts = sorted(table[name][fits].value_counts().items(), key=lambda found: (-found[1], found[0]))
        known = [value for value, n in counts if n >= config.preprocess.min_count][: config.preprocess.max_codes]
        columns[name] = table[name].map({value: i for i, value in enumerate(known, 1)}).fillna(len(known) + 1)
        vocabulary[name] = tuple(value or None for value in known)
    gap = np.log1p(table.groupby("who").when.diff().dt.total_seconds().fillna(0))
    for name, values in (("paid", table.paid.astype(float)), ("gap", gap)):
        columns[name] = (values - values[fits].mean()) / values[fits].std(ddof=0)
    return {name: column.to_numpy() for name, column in columns.items()}, vocabulary


@pytest.mark.spark
@pytest.mark.parametrize(
    ("lengths", "seconds", "files", "step"),
    [
        ([1, 1, 2, 400, *range(3, 60)], 90 * 86_400, 3, "s"),
        ([1, 700, *[20] * 60], 500, 1, "s"),  # nearly every second holds several events
        ([1, 700, *[20] * 60], 90_000, 2, "ms"),  # so does every second here, at times of their own
        ([1_000_000, 1, *[30] * 60], 300 * 86_400, 2, "s"),
    ],
    ids=["several files", "equal times", "parts of seconds", "one client of a million events"],
)
def test_the_store_is_what_pandas_makes_of_the_table(spark, tmp_path, monkeypatch, lengths, seconds, files, step):
    monkeypatch.setattr(arrays, "_SHARD", 500)  # many shards
    events, people = world(lengths, seed=len(lengths), seconds=seconds, step=step)
    config = write_world(
        tmp_path / "w", events.head(1), people, preprocess={"min_count": 30, "max_codes": 25},
        validation={"min_clients_with_events": 0.1},
    )  # fmt: skip
    source = tmp_path / "parquet"
    source.mkdir()
    for i in range(files):
        events.iloc[i::files].astype({"when": "datetime64[us]"}).to_parquet(source / f"{i}.parquet", index=False)
    table = {"events_path": str(source), "timezone": "Asia/Kolkata"}
    config = config.model_copy(update={"dataset": config.dataset.model_copy(update=table)})
    events["when"] = events.when.dt.tz_localize("Asia/Kolkata").dt.tz_convert("UTC").dt.tz_localize(None)
    run = open_run(config)
    rows = read_rows(run)
    artefact = preprocess_events(run, rows, split_clients(run, validate_raw(run, rows)))
    store = artefact.store
    assert store.ids.tolist() == sorted(events.who.unique())
    assert np.array_equal(store.lengths, events.groupby("who").size().sort_index())
    expected, vocabulary = plain(events, store.clients.set_index("client_id").part, config)
    assert artefact.coding.vocabulary == vocabulary
    assert set(store.columns) | {"time"} == set(expected)
    assert np.array_equal(store.time, expected["time"])
    assert np.allclose(store.columns["gap"], expected["gap"], atol=2e-5)
    owner = np.repeat(np.arange(len(store.ids)), store.lengths)
    by = ("city", "mcc", "paid")  # equal times of a client come in any order
    ours, theirs = (np.lexsort([*(c[n] for n in by), store.time, owner]) for c in (store.columns, expected))
    for name in ("mcc", "city", "hour", "weekday"):
        assert np.array_equal(store.columns[name][ours], expected[name][theirs]), name
    assert np.allclose(store.columns["paid"][ours], expected["paid"][theirs], atol=2e-5)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40), st.integers(1, 60))
def test_shards_hold_whole_clients_in_order_and_no_more_than_asked_but_for_the_last(lengths, size):
    layout = Layout.of(np.array(lengths), size)
    assert layout.firsts[0] == 0
    assert layout.firsts[-1] == len(lengths)
    assert np.all(np.diff(layout.firsts) > 0)
    for first, last in zip(layout.firsts, layout.firsts[1:], strict=False):
        assert layout.offsets[last - 1] - layout.offsets[first] < size
    assert layout.borders[-1] == sum(lengths)
