"""Columns of any name: those that are ours, signs, twins, and what is named twice."""

import pandas as pd

from catalogue.case import Case
from catalogue.world import EVENTS, PURCHASES
from coles_ops.datasets.names import stored_names

OURS = [
    "hour",
    "weekday",
    "day",
    "month",
    "gap",
    "time",
    "offsets",
    "clients",
    "store",
    "client_id",
    "event_time",
    "row",
    "broken_rule",
    "label",
    "group_id",
    "part",
    "n_events",
    "row_remark",
    "reason",
]
STRANGE = [
    "a/b",
    "a.b",
    "a`b",
    "a'b",
    'a"b',
    "<b>",
    "a%b",
    "%68our",
    "сумма",
    "two words",
    " a",
    "a:b",
    "a\\b",
    "type",
    "keys",
    "Hour",
    "..",
    "a$b",
    "1",
    "select",
    "*",
]


def cases() -> list[Case]:
    """As a category, and as an amount; in CSV and in Parquet."""
    return [
        *(_named(name, name + "!") for name in [*OURS, *STRANGE]),
        _all(OURS),
        _all(STRANGE),
        _twins(parquet=False),
        _twins(parquet=True),
        Case(
            "a category named twice",
            {},
            {"categories": ["mcc", "mcc"]},
            refused="'mcc' is named twice: give it one role",
        ),
        Case("a category that is an amount", {}, {"categories": ["mcc", "paid"]}, refused="'paid' is named twice"),
        Case("a column without a name", {}, {"categories": [""]}, refused="cannot name a file"),
        Case("a column of a very long name", {}, {"categories": ["x" * 300]}, refused="rename the column"),
        Case(
            "the time as a category, too",
            {},
            {"categories": ["mcc", "when"]},
            events=EVENTS.assign(when=PURCHASES.when),
        ),
        Case("a column that is not there", {}, {"categories": ["nope"]}, refused="has no column 'nope'"),
    ]


def _named(category: str, amount: str) -> Case:
    new = {"mcc": category, "paid": amount}
    stored = stored_names([category, amount])
    return Case(
        f"columns {category} and {amount}",
        {"events.csv": PURCHASES.rename(columns=new)},
        {"categories": [category], "amounts": [amount]},
        events=EVENTS.rename(columns={old: stored[name] for old, name in new.items()}),
        targets=None,
    )


def _all(amounts: list[str]) -> Case:
    """Amounts of these names in one Parquet file."""
    values = {name: [float(i * place) for i in range(6)] for place, name in enumerate(amounts)}
    stored = stored_names(["mcc", *amounts])
    return Case(
        f"Parquet columns {amounts[0]} to {amounts[-1]}",
        {"e.parquet": pd.concat([PURCHASES.drop(columns="paid"), pd.DataFrame(values)], axis=1)},
        {"events": "e.parquet", "amounts": amounts},
        events=pd.concat(
            [EVENTS.drop(columns="paid"), pd.DataFrame({stored[n]: v for n, v in values.items()})], axis=1
        ),
        targets=None,
    )


def _twins(parquet: bool) -> Case:
    names = ["City", "city", "CITY"]
    values = {name: [f"{name}-{i}" for i in range(6)] for name in names}
    stored = stored_names([*names, "paid"])
    file = "e.parquet" if parquet else "events.csv"
    return Case(
        f"columns that differ by case, {file}",
        {file: pd.concat([PURCHASES.drop(columns="mcc"), pd.DataFrame(values)], axis=1)},
        {"events": file, "categories": names},
        events=pd.concat([EVENTS.drop(columns="mcc"), pd.DataFrame({stored[n]: v for n, v in values.items()})], axis=1),
    )
