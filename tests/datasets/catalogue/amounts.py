"""Amounts: missing ones with a flag, infinities, decimals."""

from decimal import Decimal
from functools import partial

import pandas as pd
import pyarrow as pa

from catalogue.case import Case as AnyCase
from catalogue.world import EVENTS, PURCHASES, changed

Case = partial(AnyCase, targets=None)


def cases() -> list[Case]:
    """What becomes of the second row's amount, and other types."""
    return [*_odd(), *_nullable(), *_types()]


def _with(value: object) -> dict[str, pd.DataFrame]:
    return {"events.csv": changed(PURCHASES, paid=PURCHASES.paid.astype(object).where(PURCHASES.index != 1, value))}


def _odd() -> list[Case]:
    left = EVENTS.drop(index=1)
    return [
        *(
            Case(f"an amount {value!r}", _with(value), events=left, broken=("paid is finite",))
            for value in ("", "NaN", "inf", "-Infinity", "oops", "NULL", "1e999")
        ),
        Case(
            "an amount in scientific notation",
            _with("1.5e2"),
            events=changed(EVENTS, paid=EVENTS.paid.where(EVENTS.index != 1, 150)),
        ),
        Case(
            "an amount that says +", _with("+7"), events=changed(EVENTS, paid=EVENTS.paid.where(EVENTS.index != 1, 7))
        ),
    ]


def _nullable() -> list[Case]:
    may = {"nullable": ["paid"]}
    flag = ["no", "yes", "no", "no", "no", "no"]
    zero = changed(EVENTS, paid=EVENTS.paid.where(EVENTS.index != 1, 0), paid_missing=flag)
    return [
        *(Case(f"a nullable amount {value!r}", _with(value), may, events=zero) for value in ("", "NULL", "nan", " ")),
        Case(
            "a nullable amount that is none", _with("oops"), may, events=zero.drop(index=1), broken=("paid is finite",)
        ),
        Case("a nullable amount inf", _with("inf"), may, events=zero.drop(index=1), broken=("paid is finite",)),
        Case("nullable amounts that are all there", {}, may, events=changed(EVENTS, paid_missing="no")),
        Case(
            "nullable is no amount",
            {},
            {"nullable": ["mcc"]},
            refused="nullable names 'mcc', which is none of the amounts",
        ),
        Case(
            "a flag that is a column",
            {},
            {"nullable": ["paid"], "categories": ["mcc", "paid_missing"]},
            refused="'paid_missing' is named twice",
        ),
        Case(
            "Parquet amounts with nulls",
            {"e.parquet": _with(None)["events.csv"].astype({"paid": "float64"})},
            {"events": "e.parquet", **may},
            events=zero,
        ),
    ]


def _types() -> list[Case]:
    def stored(name: str, paid: pa.Array) -> Case:
        return Case(
            f"Parquet amounts of {name}",
            {"e.parquet": pa.table({**PURCHASES.drop(columns="paid"), "paid": paid})},
            {"events": "e.parquet"},
            events=changed(EVENTS, paid=[float(value) for value in paid.to_pylist()]),
        )

    whole = [12, -3, 1234, 0, 7, 99]
    return [
        stored("decimals", pa.array([Decimal(str(value)) for value in PURCHASES.paid], pa.decimal128(12, 2))),
        *(stored(str(kind), pa.array(whole, kind)) for kind in (pa.int16(), pa.int32(), pa.int64(), pa.float32())),
        stored("text", pa.array([str(value) for value in PURCHASES.paid])),
    ]
