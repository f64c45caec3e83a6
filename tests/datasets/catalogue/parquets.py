"""Parquet of one schema and of several, with all its types."""

from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from catalogue import EVENTS, PURCHASES, Case, changed

TIMES = pd.to_datetime(PURCHASES.when)
TABLE = pa.table(
    {
        "who": PURCHASES.who.tolist(),
        "when": pa.array(TIMES, pa.timestamp("us")),
        "mcc": pa.array(PURCHASES.mcc.tolist(), pa.string()),
        "paid": PURCHASES.paid.tolist(),
    }
)


def replaced(table: pa.Table = TABLE, **columns) -> pa.Table:
    for name, values in columns.items():
        column = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
        place = table.column_names.index(name) if name in table.column_names else None
        table = table.append_column(name, column) if place is None else table.set_column(place, name, column)
    return table


def cases() -> list[Case]:
    found = [*types(), *unused(), *parts(), *names(), *broken()]
    return [*found[:1], *(replace(case, targets=None) for case in found[1:])]


def one(name: str, table, file: str = "e.parquet", **expected) -> Case:
    options = {"events": file, **expected.pop("options", {})}
    return Case(name, {file: table}, options, **expected)


def types() -> list[Case]:
    numbers = [12, -3, 1234, 0, 7, 99]
    whole = changed(EVENTS, paid=[float(n) for n in numbers])
    halves = [12.5, -3.25, 1234.0, 0.0, 7.0, 99.5]
    exact = changed(EVENTS, paid=halves)
    found = [
        one(f"amounts of {kind}", replaced(paid=pa.array(numbers, kind)), events=whole)
        for kind in (pa.int16(), pa.int32(), pa.int64())
    ]
    found += [
        one(f"amounts of {kind}", replaced(paid=pa.array([abs(n) for n in numbers], kind)),
            events=changed(EVENTS, paid=[float(abs(n)) for n in numbers]))
        for kind in (pa.uint16(), pa.uint32(), pa.uint64())
    ]  # fmt: skip
    found += [
        one(f"amounts of {kind}", replaced(paid=pa.array(np.array(halves, kind.to_pandas_dtype()), kind)), events=exact)
        for kind in (pa.float16(), pa.float32(), pa.float64())
    ]
    found += [
        one(f"amounts of {kind}", replaced(paid=pa.array([Decimal(str(x)) for x in PURCHASES.paid], kind)))
        for kind in (pa.decimal128(10, 2), pa.decimal128(38, 6), pa.decimal256(60, 4))
    ]
    found += [
        one(f"times of {kind}", replaced(when=pa.array(TIMES).cast(kind)))
        for kind in (
            pa.timestamp("s"),
            pa.timestamp("ms"),
            pa.timestamp("us"),
            pa.timestamp("ns"),
            pa.timestamp("us", "UTC"),
        )
    ]
    found += [
        one(f"categories of {kind}", replaced(mcc=TABLE["mcc"].combine_chunks().cast(kind)))
        for kind in (pa.large_string(), pa.string_view(), pa.binary(), pa.dictionary(pa.int32(), pa.string()))
    ]
    day = [date(2024, 3, n) for n in range(1, 7)]

    def legacy(path: Path) -> None:
        pq.write_table(TABLE, path, use_deprecated_int96_timestamps=True)

    return [
        *found,
        one("times of INT96", legacy),
        one("amounts as text", replaced(paid=[str(x) for x in PURCHASES.paid])),
        one("amounts as text with decimal commas", replaced(paid=[str(x).replace(".", ",") for x in PURCHASES.paid])),
        one("categories of numbers", replaced(mcc=pa.array([1, 2, 1, 3, None, 2])), events=changed(EVENTS, mcc=["1", "2", "1", "3", None, "2"])),
        one("categories of yes and no", replaced(mcc=pa.array([True, False, True, None, True, False])),
            events=changed(EVENTS, mcc=["true", "false", "true", None, "true", "false"])),
        one("categories of days", replaced(mcc=pa.array(day)), events=changed(EVENTS, mcc=[str(d) for d in day])),
        one("categories of times of a day", replaced(mcc=pa.array([time(1, 2, 3)] * 6)), events=changed(EVENTS, mcc="01:02:03.000000")),
        one("categories that are all null", replaced(mcc=pa.nulls(6)), events=changed(EVENTS, mcc=None)),
        one("a wanted list", replaced(mcc=pa.array([["a"]] * 6)), refused="column 'mcc' of .*e.parquet is list"),
        one("a wanted struct", replaced(mcc=pa.array([{"a": 1}] * 6)), refused="column 'mcc' of .*e.parquet is struct"),
        one("times to the microsecond", replaced(when=pa.array(TIMES + pd.Timedelta("123456us"))),
            events=changed(EVENTS, event_time=TIMES + pd.Timedelta("123456us"))),
    ]  # fmt: skip


def unused() -> list[Case]:
    exotic = {
        "time": pa.array([time(1)] * 6), "float16": pa.array(np.zeros(6, np.float16)),
        "decimal256": pa.array([Decimal(1)] * 6, pa.decimal256(70, 2)), "map": pa.array([[("a", 1)]] * 6, pa.map_(pa.string(), pa.int64())),
        "list": pa.array([[1]] * 6), "struct": pa.array([{"a": 1}] * 6), "null": pa.nulls(6),
        "duration": pa.array([1] * 6, pa.duration("s")), "nanoseconds": pa.array([1] * 6, pa.timestamp("ns")),
    }  # fmt: skip
    return [one(f"an unused column of {name}", replaced(other=column)) for name, column in exotic.items()]


def parts() -> list[Case]:
    first, second = TABLE.slice(0, 3), TABLE.slice(3)

    def two(name: str, other: pa.Table, one: pa.Table = first, **expected) -> Case:
        options = {"events": "e", **expected.pop("options", {})}
        return Case(name, {"e/1.parquet": one, "e/2.parquet": other}, options, **expected)

    def second_as(**columns) -> pa.Table:
        return replaced(second, **columns)

    whole = changed(EVENTS, paid=[12.0, -3.0, 1234.0, 0.0, 7.0, 99.99])
    first_whole = replaced(first, paid=pa.array([12, -3, 1234]))
    return [
        two("parts in one schema", second),
        two("parts of Parquet whose columns are in another order", second.select(["paid", "mcc", "when", "who"])),
        two("a part int64, another double", second, first_whole, events=whole),
        two("a part int32, another int64", second_as(paid=pa.array([0, 7, 99], pa.int64())),
            replaced(first, paid=pa.array([12, -3, 1234], pa.int32())), events=changed(EVENTS, paid=[12.0, -3.0, 1234.0, 0.0, 7.0, 99.0])),
        two("a part float, another double", second, replaced(first, paid=pa.array([12.5, -3.25, 1234.75], pa.float32()))),
        two("a part decimal, another double", second, replaced(first, paid=pa.array(map(Decimal, ["12.5", "-3.25", "1234.75"])))),
        two("parts in decimals of other scales", second_as(paid=pa.array(map(Decimal, ["0", "7.0", "99.99"]), pa.decimal128(6, 2))),
            replaced(first, paid=pa.array(map(Decimal, ["12.500", "-3.250", "1234.750"]), pa.decimal128(9, 3)))),
        two("a part with text, another in a dictionary", second_as(mcc=second["mcc"].combine_chunks().dictionary_encode())),
        two("a part with text, another with large text", second_as(mcc=second["mcc"].cast(pa.large_string()))),
        two("a part in ns, another in us", second_as(when=second["when"].cast(pa.timestamp("ns")))),
        two("a part in us, another in ns", second, replaced(first, when=first["when"].cast(pa.timestamp("ns")))),
        two("a part in seconds, another in ms", second_as(when=second["when"].cast(pa.timestamp("ms"))),
            replaced(first, when=first["when"].cast(pa.timestamp("s")))),
        two("a part with a zone, another without", second_as(when=second["when"].cast(pa.timestamp("us", "UTC"))),
            refused="column 'when' is .* in .*2.parquet and .* in .*1.parquet"),
        two("a column added later", second, first.drop_columns("mcc"), events=changed(EVENTS, mcc=[None] * 3 + EVENTS.mcc.tolist()[3:]),
            warned="1.parquet has no column 'mcc': null there"),
        two("a column dropped later", second.drop_columns("mcc"), events=changed(EVENTS, mcc=EVENTS.mcc.tolist()[:3] + [None] * 3),
            warned="2.parquet has no column 'mcc'"),
        two("codes as numbers, then as text", second_as(mcc=["7", None, "x"]), replaced(first, mcc=pa.array([5, 6, 5])),
            events=changed(EVENTS, mcc=["5", "6", "5", "7", None, "x"]), warned="column 'mcc' is .*read as text"),
        two("ids as numbers of two sizes", second_as(who=pa.array([2, 2, 3], pa.int64())), replaced(first, who=pa.array([1, 1, 1], pa.int32())),
            events=changed(EVENTS, client_id=["1", "1", "1", "2", "2", "3"]), targets=None, options={}),
        two("a part with an unused column of another type", second_as(x=pa.array([1, 2, 3])), replaced(first, x=["a", "b", "c"])),
        two("a column that all lack", second, options={"categories": ["mmc"]}, refused="has no column 'mmc' .did you mean 'mcc'"),
        two("an empty part of Parquet", second, TABLE.slice(0, 0), events=EVENTS[3:]),
        two("a part with nulls only", second_as(mcc=pa.nulls(3)), events=changed(EVENTS, mcc=EVENTS.mcc.tolist()[:3] + [None] * 3)),
        two("whole numbers that a double cannot hold", second, replaced(first, paid=pa.array([2**53 + 1, 1, 1])), refused="1.parquet"),
    ]  # fmt: skip


def names() -> list[Case]:
    def named(name: str) -> Case:
        table = TABLE.rename_columns(["who", "when", name, "paid"])
        return one(
            f"a column named {name!r}",
            table,
            options={"categories": [name]},
            events=EVENTS[["client_id", "event_time", "paid"]],
        )

    twins = replaced(TABLE, MCC=["x"] * 6)
    return [
        *(named(name) for name in ("a/b", "a.b", "a`b", "a b", "a,b", "категория", "a{b}", "a;b", "a=b")),
        one("case twins, one wanted", twins),
        one("case twins that are unused", replaced(TABLE, X=["x"] * 6, x=["y"] * 6)),
        one("a name twice, wanted", pa.table([*TABLE.columns, TABLE["mcc"]], names=[*TABLE.column_names, "mcc"]), refused="2 columns named 'mcc'"),
        one("a name twice, unused", pa.table(TABLE.columns + [TABLE["mcc"]] * 2, names=[*TABLE.column_names, "x", "x"])),
        one("an index of pandas", lambda path: PURCHASES.set_index("who").to_parquet(path)),
        one("names in other case", TABLE.rename_columns(["Who", "when", "mcc", "paid"]), refused="did you mean 'Who'"),
    ]  # fmt: skip


def broken() -> list[Case]:
    def cut(share: float):
        def write(path: Path) -> None:
            pq.write_table(TABLE, path)
            data = path.read_bytes()
            path.write_bytes(data[: int(len(data) * share)])

        return write

    def spoiled(path: Path) -> None:
        pq.write_table(TABLE, path, compression="snappy")
        data = bytearray(path.read_bytes())
        data[8:120] = bytes(112)
        path.write_bytes(data)

    def bare(path: Path) -> None:
        pq.write_table(TABLE, path)

    return [
        one("Parquet that breaks off", cut(0.6), refused="e.parquet cannot be read"),
        one("Parquet of its first bytes", b"PAR1", refused="e.parquet cannot be read"),
        one("an empty file named Parquet", b"", refused="e.parquet is empty"),
        one("Parquet without a suffix", bare, "events"),
        one("Parquet named CSV", bare, "part.csv"),
        one("Parquet whose name begins with a line", bare, "_e.parquet"),
        one("encrypted Parquet", b"PARE" + bytes(100) + b"PARE", refused="e.parquet is encrypted Parquet"),
        one("Feather", b"ARROW1" + bytes(100), refused="e.parquet is Arrow"),
        one("ORC", b"ORC" + bytes(100), "e.orc", refused="e.orc is ORC"),
    ]  # fmt: skip
