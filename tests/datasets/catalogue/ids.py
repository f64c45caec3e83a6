"""Ids of clients: text exactly as it stands, and words that stand for none."""

import pandas as pd

from catalogue.case import Case
from catalogue.world import EVENTS, PEOPLE, PURCHASES, TARGETS, changed
from coles_ops.schema import CLIENT, GROUP

NUMBERS = {"a1": 1, "b2": 20, "c3": 300}


def cases() -> list[Case]:
    """As they stand, by the rules of the user, and missing."""
    return [*_exact(), *_ruled(), *_missing()]


def _named(ids: dict[str, object]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both files of the world, its clients called otherwise."""
    return changed(PURCHASES, who=PURCHASES.who.map(ids)), changed(PEOPLE, who=PEOPLE.who.map(ids))


def _out(ids: dict[str, str]) -> dict[str, pd.DataFrame]:
    """What comes out of it."""
    targets = {name: TARGETS[CLIENT].map(ids) for name in (CLIENT, GROUP)}
    return {"events": changed(EVENTS, **{CLIENT: EVENTS[CLIENT].map(ids)}), "targets": changed(TARGETS, **targets)}


def _csv(name: str, ids: dict[str, object], out: dict[str, str] | None = None, **more) -> Case:
    events, people = _named(ids)
    return Case(name, {"events.csv": events, "people.csv": people}, **_out(out or ids), **more)


def _exact() -> list[Case]:
    texts = {name: str(number) for name, number in NUMBERS.items()}
    floats = {name: float(number) for name, number in NUMBERS.items()}
    parquet = {"events": "e.parquet", "targets": "p.parquet"}

    def stored(name: str, ids: dict[str, object], kind: str, **more) -> Case:
        events, people = _named(ids)
        files = {"e.parquet": events.astype({"who": kind}), "p.parquet": people.astype({"who": kind})}
        return Case(name, files, parquet, **(more or _out(texts)))

    return [
        _csv("ids that are numbers", NUMBERS, texts, warned=""),
        _csv("ids with zeros in front", {"a1": "001", "b2": "01", "c3": "1"}),
        _csv("ids that differ by case", {"a1": "x", "b2": "X", "c3": "y"}),
        _csv("ids with a space inside", {"a1": "x 1", "b2": "x  1", "c3": "x1"}),
        _csv("ids of other letters", {"a1": "клиент", "b2": "客户", "c3": "ü"}),
        _csv("ids with .0", {"a1": "1.0", "b2": "1", "c3": "2.0"}),
        _csv("ids with signs", {"a1": "a/b", "b2": "a'b", "c3": 'a"b,c'}),
        _csv("ids of twenty digits", {"a1": "12345678901234567890", "b2": "12345678901234567891", "c3": "3"}),
        *(stored(f"Parquet ids of type {kind}", NUMBERS, kind) for kind in ("int64", "int32", "float64", "float32")),
        stored("Parquet ids that are not whole", {"a1": 1.5, "b2": 2.0, "c3": 3.0}, "float64", refused="such as 1.5"),
        stored(
            "Parquet ids too large for a double",
            {"a1": 2.0**60, "b2": 2.0, "c3": 3.0},
            "float64",
            refused="write them as text or integers",
        ),
        Case(
            "Parquet ids whole in one file and integers in the other",
            {"e.parquet": _named(floats)[0], "p.parquet": _named(NUMBERS)[1]},
            parquet,
            **_out(texts),
            warned="all are whole",
        ),
    ]


def _ruled() -> list[Case]:
    """The third client's events have another id than its label."""

    def ruled(name: str, id: str, rules: list[str] | str, **more) -> Case:
        files = {"events.csv": changed(PURCHASES, who=PURCHASES.who.replace("c3", id))}
        return Case(name, files, {"ids": rules}, **more)

    numbers = {name: str(number) for name, number in NUMBERS.items()}
    events, people = _named(numbers)
    zeros = changed(events, who=events.who.str.zfill(5))
    decimals = changed(events, who=events.who + ".0")
    return [
        ruled("ids with spaces, to be cut", " c3 ", ["trim"]),
        ruled("ids of other case, to be lowered", "C3", ["lower"]),
        ruled("ids with spaces and of other case", "C3 ", ["trim", "lower"]),
        Case(
            "ids with zeros in front, to be cut",
            {"events.csv": zeros, "people.csv": people},
            {"ids": ["no_leading_zeros"]},
            **_out(numbers),
        ),
        Case(
            "ids with .0, to be cut",
            {"events.csv": decimals, "people.csv": people},
            {"ids": ["no_decimals"]},
            **_out(numbers),
        ),
        ruled("a rule of ids that is none", "c3", ["strip"], refused=r"dataset\.ids|trim"),
    ]


def _missing() -> list[Case]:
    def missing(word: str, reason: str, **more) -> Case:
        files = {"events.csv": changed(PURCHASES, who=PURCHASES.who.where(PURCHASES.index != 5, word))}
        return Case(f"an id {word!r}", files, events=EVENTS.drop(index=5), broken=(reason,), **more)

    real = {"events.csv": changed(PURCHASES, who=PURCHASES.who.replace("c3", "NA"))}
    return [
        *(
            missing(word, f"is a word for none: {word.strip()}")
            for word in ("nan", "NULL", "None", "NA", " null ", "<NA>")
        ),
        missing("", "client_id is given"),
        missing("   ", "client_id is given"),
        Case(
            "an id NA that is real",
            real,
            {"missing_ids": []},
            events=changed(EVENTS, **{CLIENT: real["events.csv"].who}),
        ),
        Case(
            "labels without a client",
            {"people.csv": pd.concat([PEOPLE, pd.DataFrame({"who": ["", "NULL"], "label": ["0", "1"]})])},
            warned="2 labels have no client",
        ),
    ]
