"""Columns of any name reach the store beside our own, and an encoder reads them."""

import numpy as np
import pandas as pd
import pytest
from tables import purchases, write_world

from coles_ops.datasets.times import MIXED
from coles_ops.encoders import build_encoder
from coles_ops.encoders.recurrent import Gru
from coles_ops.preprocess import preprocess_events, read_rows, split_clients
from coles_ops.run import open_run
from expectations import GateFailedError, validate_raw

pytestmark = pytest.mark.spark


def test_columns_that_are_called_as_ours_stand_beside_them(spark, tmp_path, caplog):
    events, people = purchases()
    events["paid"] = events.paid.where(events.index != 7)
    events["when"] = events.when.astype(str).where(events.index != 9, "1970-01-01 00:00:00")
    names = {"mcc": "hour", "city": "type", "paid": "a/b"}
    config = write_world(
        tmp_path / "w", events.rename(columns=names), people,
        validation={"time_min": None, "known": {"hour": [*"abcdefgh"]}},
        dataset={"categories": ["hour", "type"], "amounts": ["a/b"], "nullable": ["a/b"]},
    )  # fmt: skip
    run = open_run(config)
    rows = read_rows(run)
    store = preprocess_events(run, rows, split_clients(run, validate_raw(run, rows))).store
    assert list(store.columns) == ["%68our", "type", "a%2Fb_missing", "hour", "weekday", "a%2Fb", "gap"]
    assert store.n_events == len(events)
    assert np.array_equal(store.columns["hour"], 1 + store.time // 3_600_000_000 % 24)
    assert np.bincount(store.columns["a%2Fb_missing"]).tolist() in ([0, len(events) - 1, 1], [0, len(events) - 1, 0, 1])
    assert np.bincount(store.columns["%68our"])[1] == events.mcc.value_counts().iloc[0]
    assert len(build_encoder(store.schema, Gru(), 0).trx_encoder.embeddings) == 5
    assert "1 rows are used of which event_time often stands for none: 1970-01-01" in caplog.text


def test_one_time_of_the_other_kind_among_many_stops_the_run(spark, tmp_path):
    events, people = purchases()
    events = pd.concat([events] * 2, ignore_index=True).astype({"when": str})
    events.loc[2_500, "when"] += "Z"
    run = open_run(write_world(tmp_path / "w", events, people))
    with pytest.raises(GateFailedError, match=rf"rows left out: 1, {MIXED} -> write all times in one way"):
        validate_raw(run, read_rows(run))
