"""From files to raw columns by Spark."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tables import purchases, write_world

from coles_ops.run import open_run
from coles_ops.schema import DataError
from coles_ops.sources import ROW_FAULT, CsvOptions, find, read_frame

pytestmark = pytest.mark.spark


def read(spark, pattern, wanted, **options) -> pd.DataFrame:
    return read_frame(spark, find(str(pattern), "events"), wanted, CsvOptions(**options), "events").toPandas()


def test_csv_is_text_as_it_stands_and_a_row_of_another_length_says_so(spark, tmp_path):
    (tmp_path / "e.csv").write_text('a,b,c\n1, x ,""\n2,"y, ""z""\nnext",\n3,4\n')
    found = read(spark, tmp_path / "e.csv", ["c", "a", "b"])
    assert list(found.columns) == ["c", "a", "b", ROW_FAULT]
    assert found.values.tolist() == [
        ["", "1", " x ", None],
        [None, "2", 'y, "z"\nnext', None],
        [None, None, None, "it has 2 fields and not 3, in the row '3,4'"],
    ]


def test_parquet_keeps_its_types_and_the_widest_of_all_parts(spark, tmp_path):
    when = pd.to_datetime(["2024-03-01 10:00:00.123456"])
    pq.write_table(pa.table({"n": pa.array([1], pa.int32()), "t": when}), tmp_path / "a.parquet")
    pq.write_table(
        pa.table({"t": pa.array(when).cast("timestamp[ms]", safe=False), "n": [2.5]}), tmp_path / "b.parquet"
    )
    frame = read_frame(spark, find(str(tmp_path), "events"), ["t", "n"], CsvOptions(), "events")
    assert dict(frame.dtypes) == {"t": "timestamp_ntz", "n": "double", ROW_FAULT: "string"}
    rows = sorted((str(row.t), row.n) for row in frame.collect())
    assert rows == [("2024-03-01 10:00:00.123000", 2.5), ("2024-03-01 10:00:00.123456", 1.0)]


def test_what_lacks_is_named_with_what_may_be_meant(spark, tmp_path):
    (tmp_path / "e.csv").write_text("Who,when\n1,2\n")
    with pytest.raises(DataError, match=r"e\.csv has no column 'who' \(did you mean 'Who'\?\); it has Who, when"):
        read(spark, tmp_path / "e.csv", ["who", "when"])


def test_the_names_of_folders_are_part_of_what_a_run_stands_on(tmp_path):
    events, people = purchases()
    config = write_world(tmp_path / "w", events, people)
    part = tmp_path / "parts" / "day=1"
    part.mkdir(parents=True)
    events.to_csv(part / "e.csv", index=False)
    config = config.model_copy(
        update={"dataset": config.dataset.model_copy(update={"events_path": str(tmp_path / "parts/**/*.csv")})}
    )
    before = open_run(config).id
    part.rename(part.with_name("day=2"))
    assert open_run(config).id != before
