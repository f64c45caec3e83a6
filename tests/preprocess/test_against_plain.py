"""The store against the slow, plain way: pandas over the whole table, sorted by Python's rules."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import write_world

from coles_ops.coding.order import gaps, sort_events
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
        time=events.when.astype("datetime64[s]").astype(np.int64),
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
    for name in ("time", "mcc", "city", "hour", "weekday"):
        assert np.array_equal({"time": store.time, **store.columns}[name], expected[name]), name
    for name in ("paid", "gap"):
        assert np.allclose(store.columns[name], expected[name], atol=2e-5), name


small = st.integers(0, 3)
times = st.sampled_from([0, 1, 999_999, 1_000_000, 1_000_001, 2_000_000])


@given(st.lists(st.tuples(small, times, small, small), min_size=1, max_size=60), st.randoms())
@settings(max_examples=100, deadline=None)
def test_a_shard_is_sorted_as_python_sorts_tuples_whatever_the_order_it_comes_in(rows, random):
    def columns(table: list[tuple]) -> dict[str, np.ndarray]:
        return {
            name: np.array(column)
            for name, column in zip(("row", "time", "a", "b"), zip(*table, strict=True), strict=True)
        }

    expected = sorted(rows, key=lambda event: (event[0], event[1], event[3], event[2]))
    shuffled = random.sample(rows, len(rows))
    found = sort_events(columns(shuffled))
    assert list(zip(*(found[name].tolist() for name in ("row", "time", "a", "b")), strict=True)) == expected
    back = zip([expected[0], *expected], expected, strict=False)
    seconds = [(b[1] - a[1]) / 1e6 if a[0] == b[0] else 0 for a, b in back]
    assert np.allclose(gaps(found["time"], found["row"]), np.log1p(seconds))


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40), st.integers(1, 60))
def test_shards_hold_whole_clients_in_order_and_no_more_than_asked_but_for_the_last(lengths, size):
    layout = Layout.of(np.array(lengths), size)
    assert layout.firsts[0] == 0
    assert layout.firsts[-1] == len(lengths)
    assert np.all(np.diff(layout.firsts) > 0)
    for first, last in zip(layout.firsts, layout.firsts[1:], strict=False):
        assert layout.offsets[last - 1] - layout.offsets[first] < size
    assert layout.borders[-1] == sum(lengths)
