"""A look at some rows of files, without Spark."""

import gzip

import pandas as pd
import pytest

from coles_ops.schema import DataError
from coles_ops.sources import CsvOptions, form_of, part, sample

ROWS = pd.DataFrame({"id": [f"i{n:05d}" for n in range(9_000)], "x": range(9_000)}).astype(str)


@pytest.mark.parametrize("packed", [False, True])
def test_a_part_says_whether_it_is_all(tmp_path, packed):
    file = tmp_path / "rows.csv"
    text = ROWS.to_csv(index=False).encode()
    file.write_bytes(gzip.compress(text) if packed else text)
    frame, whole = part([file], CsvOptions(), "events", 10_000)
    pd.testing.assert_frame_equal(frame, ROWS)
    assert whole
    assert not part([file], CsvOptions(), "events", 8_999)[1]  # more rows than asked for
    head, whole = part([file], CsvOptions(), "events", 10_000, reach=10_000)  # more bytes
    assert not whole
    assert head["id"][0] == "i00000"
    assert len(head) < 9_000


def test_pieces_of_a_large_file_come_from_head_middle_and_end(tmp_path):
    file = tmp_path / "rows.csv"
    pd.concat([ROWS] * 60).to_csv(file, index=False)
    frame, whole = part([file], CsvOptions(), "events", 90, reach=1 << 19)
    assert (len(frame), whole) == (90, False)
    numbers = frame["x"].astype(int)
    assert (numbers.diff().fillna(1) != 1).sum() == 2  # three runs of rows that follow each other
    assert frame["id"].str.fullmatch(r"i\d{5}").all()


def test_pieces_of_parquet_come_from_several_row_groups(tmp_path):
    ROWS.to_parquet(tmp_path / "rows.parquet", row_group_size=3_000)
    frame, whole = part([tmp_path / "rows.parquet"], CsvOptions(), "events", 30)
    assert frame["x"].tolist() == [str(g * 3_000 + i) for g in range(3) for i in range(10)]
    assert not whole
    assert part([tmp_path / "rows.parquet"], CsvOptions(), "events", 9_000)[1]
    empty = ROWS.head(0).to_parquet(tmp_path / "empty.parquet") or tmp_path / "empty.parquet"
    assert list(sample([empty], CsvOptions(), "events", 5).columns) == ["id", "x"]


def test_the_form_of_a_file_is_told_in_words(tmp_path):
    (tmp_path / "a.csv").write_bytes("покупатель;сумма\nМосква, продуктовый магазин;1\n".encode("cp1251"))
    assert "separator ';'" in form_of(tmp_path / "a.csv", CsvOptions(), "events")
    assert "cp1251" in form_of(tmp_path / "a.csv", CsvOptions(), "events")
    ROWS.to_parquet(tmp_path / "b")
    assert form_of(tmp_path / "b", CsvOptions(), "events") == "Parquet"
    with pytest.raises(DataError, match="has no column 'who'"):
        form_of(tmp_path / "a.csv", CsvOptions(), "events", ["who"])
