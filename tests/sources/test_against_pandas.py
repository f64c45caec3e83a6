"""Random tables in random dialects, read without being told of them, against pandas, which is told."""

import csv
import gzip
import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from coles_ops.sources import CsvOptions, csvfiles, parquetfiles
from coles_ops.sources.csvtext import spans, table_of
from coles_ops.sources.dialect import Dialect, sniff
from coles_ops.sources.kinds import kind_of
from coles_ops.sources.numbers import as_numbers, seen_marks

VALUES = st.text(alphabet='ab ,;|\t"\n.5-éяЖ漢\\', max_size=8)
NAMES = ["who", "when", "m,c;c", 'a "name"', "paid|out"]
TABLES = st.lists(st.tuples(*[VALUES] * len(NAMES)), min_size=1, max_size=12)
DIALECTS = st.fixed_dictionaries(
    {
        "sep": st.sampled_from(",;\t|"),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
        "encoding": st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    }
)


def converted(files: list[Path], wanted: list[str], folder: Path) -> pd.DataFrame:
    """The text of the wanted columns, and ``fault``, as Spark would be given it."""
    options = CsvOptions()
    looks = [csvfiles.look(file, kind_of(file, "events"), wanted, options, "events") for file in files]
    csvfiles.convert(looks, wanted, options, "events", folder, 2)
    frames = [pq.read_table(file).to_pandas() for file in sorted(folder.glob("*.parquet"))]
    return pd.concat(frames, ignore_index=True).set_axis([*wanted, "fault"], axis=1)


@given(TABLES, TABLES, DIALECTS, DIALECTS, st.booleans(), st.randoms())
@settings(max_examples=60, deadline=None)
def test_parts_in_any_dialect_are_what_pandas_reads_when_told(one, other, dialect, second, packed, order):
    wanted = order.sample(NAMES, 3)
    with TemporaryDirectory() as place:
        files, expected = [], []
        for number, (rows, how) in enumerate([(one, dialect), (other, second)]):
            file = Path(place, f"{number}.csv")
            columns = order.sample(NAMES, len(NAMES))
            pd.DataFrame(rows, columns=NAMES)[columns].to_csv(file, index=False, **how)
            told = {"sep": how["sep"], "encoding": how["encoding"], "dtype": str, "keep_default_na": False}
            expected.append(pd.read_csv(file, skip_blank_lines=True, lineterminator=None, **told)[wanted])
            if packed:
                file.write_bytes(gzip.compress(file.read_bytes()))
            files.append(file)
        folder = Path(place, "out")
        folder.mkdir()
        found = converted(files, wanted, folder)
    assert found.fault.isna().all()
    assert found[wanted].fillna("").values.tolist() == pd.concat(expected).values.tolist()


@given(TABLES, st.sampled_from(",;\t|"), st.integers(100, 400))
@settings(max_examples=60, deadline=None)
def test_however_a_file_is_cut_its_rows_are_the_same(rows, separator, step):
    with TemporaryDirectory() as place:
        file = Path(place, "e.csv")
        pd.DataFrame(rows, columns=NAMES).to_csv(file, index=False, sep=separator, lineterminator="\n")
        text = file.read_text()
        dialect = sniff(text, NAMES, CsvOptions(separator=separator, quote='"', escape=""))
        found = []
        for span in spans(file, dialect, step):
            table, faults = table_of(file.read_bytes()[span.begin : span.end], dialect, range(len(NAMES)), span.torn)
            assert not faults
            found += [tuple(value or "" for value in row.values()) for row in table.to_pylist()]
    assert found == rows


@given(st.lists(st.text(alphabet='a,"\n', max_size=8), max_size=30))
@example(['"a,b', 'c,"d', "e,f"])
@settings(max_examples=150, deadline=None)
def test_of_any_lines_a_row_is_read_or_a_fault(lines):
    """Quotes anywhere: no line of two plain fields is lost in a value of another."""
    text = "".join(f"{line}\n" for line in ["x,y", *lines, "p,q"])
    dialect = Dialect(",", '"', "", ("x", "y"), 4)
    with TemporaryDirectory() as place:
        file = Path(place, "e.csv")
        file.write_text(text)
        rows, faults = [], []
        for span in spans(file, dialect):
            table, wrong = table_of(text.encode()[span.begin : span.end], dialect, (0, 1), span.torn)
            rows += table.to_pylist()
            faults += wrong
    if '"' not in text:
        assert len(rows) + len(faults) == sum(map(bool, text.split("\n"))) - 1
    if sum('"' in line for line in lines) <= 1:  # what is open in one line cannot be closed in another
        assert rows[-1] == {"0": "p", "1": "q"}


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=1),
    st.sampled_from([(".", ","), (".", ""), (",", "."), (",", " "), (",", ""), (".", "'")]),
)
def test_amounts_in_any_marks_are_the_same_numbers(cents, written):
    decimal, thousands = written
    values = [cent / 100 for cent in [*cents, 1_234_567_89]]
    text = [f"{v:,.2f}".replace(",", "_").replace(".", decimal).replace("_", thousands) for v in values]
    assert as_numbers(pd.Series(text), seen_marks(text, CsvOptions())).tolist() == values


@pytest.mark.parametrize("seed", range(5))
def test_parquet_parts_of_any_numbers_are_what_pandas_makes_of_them(tmp_path, seed):
    rng = random.Random(seed)
    kinds = [
        pa.int8(),
        pa.int16(),
        pa.int32(),
        pa.int64(),
        pa.uint32(),
        pa.float32(),
        pa.float64(),
        pa.decimal128(25, 2),
    ]
    values = [rng.randint(-100, 100) for _ in range(8)]
    files = []
    for number in range(4):
        kind = rng.choice(kinds)
        part = [abs(v) if pa.types.is_unsigned_integer(kind) else v for v in values]
        table = pa.table({"x": pa.array(part).cast(kind), "i": [number] * 8})
        pq.write_table(table, tmp_path / f"{number}.parquet")
        files.append(tmp_path / f"{number}.parquet")
    looks = [parquetfiles.look(file, ["x", "i"], "events") for file in files]
    folder = tmp_path / "out"
    folder.mkdir()
    parquetfiles.convert(looks, ["x", "i"], parquetfiles.common_types(looks, ["x", "i"], "events"), "events", folder, 2)
    found = pq.read_table(folder).to_pandas()
    expected = pd.concat([pd.read_parquet(file) for file in files])
    assert found.c0.astype(float).tolist() == expected.x.astype(float).tolist()
