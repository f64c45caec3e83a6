"""Labels and classes: written in one way, inferred where they are not named, each client once."""

import pandas as pd

from catalogue.case import Case
from catalogue.world import PEOPLE, TARGETS, changed
from coles_ops.schema import CUT, GROUP, LABEL


def cases() -> list[Case]:
    """Classes as they are, named ones, numbers, missing labels, repeated clients, and times of labels."""
    return [*_inferred(), *_named(), *_numbers(), *_missing(), *_repeated(), *_timed()]


def _labels(name: str, labels: list, out: list | None = None, **more) -> Case:
    """The world with these labels; they come out as they are, or as others."""
    targets = changed(TARGETS, **{LABEL: list(map(str, out or labels))})
    return Case(name, {"people.csv": changed(PEOPLE, label=labels)}, **{"targets": targets, **more})


def _inferred() -> list[Case]:
    parquet = {"targets": "p.parquet"}
    frame = lambda labels: {"p.parquet": changed(PEOPLE, label=labels)}  # noqa: E731
    return [
        _labels("labels of text", ["no", "yes", "no"], warned=""),
        _labels("labels of three classes", ["a", "b", "c"]),
        _labels("labels that are numbers", [10, 9, 10]),
        _labels("labels as whole reals", ["0.0", "1.0", "0.0"], [0, 1, 0], warned="'1.0' are taken as '1'"),
        _labels("labels with spaces", [" 0", "1 ", "0"], [0, 1, 0], warned="' 0' are taken as '0'"),
        _labels("labels of several cases", ["No", "yes", "no"], ["No", "yes", "No"], warned="taken as 'No'"),
        _labels("labels that are not whole", ["0.5", "1.5", "0.5"]),
        Case(
            "Parquet labels that are booleans",
            frame([False, True, False]),
            parquet,
            targets=changed(TARGETS, **{LABEL: ["false", "true", "false"]}),
        ),
        Case("Parquet labels that are reals", frame([0.0, 1.0, 0.0]), parquet),
        Case("Parquet labels that are integers", frame([0, 1, 0]), parquet),
        Case(
            "a label that is an id",
            {"people.csv": pd.DataFrame({"who": range(500), "label": range(500)})},
            refused="500 different labels.*is it the column of the label.*If a number is.*`label_kind: number`",
        ),
        Case(
            "a label of very many values",
            {"people.csv": pd.DataFrame({"who": range(2000), "label": range(2000)})},
            refused="more than 1,000 different labels.*`label_kind: number`",
        ),
    ]


def _named() -> list[Case]:
    binary, words = {"classes": ["0", "1"]}, {"classes": ["no", "yes"]}
    return [
        _labels("classes named", [0, 1, 0], options=binary, warned=""),
        _labels(
            "booleans beside classes 0 and 1",
            [False, True, False],
            [0, 1, 0],
            options=binary,
            warned="'True' are taken as '1'",
        ),
        _labels(
            "0 and 1 beside classes false and true",
            [0, 1, 0],
            ["false", "true", "false"],
            options={"classes": ["false", "true"]},
        ),
        _labels("whole reals beside classes 0 and 1", ["0.0", "1.0", "0.00"], [0, 1, 0], options=binary),
        _labels("labels of other case than the classes", ["NO", "Yes", "no"], ["no", "yes", "no"], options=words),
        _labels("labels with spaces beside classes", ["no ", " yes", "no"], ["no", "yes", "no"], options=words),
        _labels("classes in the order of the user", ["yes", "no", "yes"], options={"classes": ["yes", "no"]}),
        _labels("a class None that is named", ["None", "x", "x"], options={"classes": ["None", "x"]}),
        _labels(
            "0 and 1 beside classes no and yes", [0, 1, 0], options=words, refused="no client has the label 'no', 'yes'"
        ),
        _labels(
            "a class that no client has",
            [0, 1, 0],
            options={"classes": ["0", "1", "2"]},
            refused=r"no client has the label '2' of dataset\.classes; labels there: '0' \(2\), '1' \(1\)",
        ),
        _labels("a class named twice", [0, 1, 0], options={"classes": ["0", "1", "1"]}, refused="each once"),
        _labels("one class", [0, 1, 0], options={"classes": ["0"]}, refused="two or more classes"),
        _labels(
            "labels joined to classes",
            ["gone", "Lost ", "here"],
            ["out", "out", "in"],
            options={"classes": {"in": ["here"], "out": ["gone", "lost"]}},
            warned="taken as 'lost'",
        ),
        Case(
            "a client with two labels of one class",
            {"people.csv": pd.concat([changed(PEOPLE, label=["a", "b", "c"]), changed(PEOPLE, label="b")[:1]])},
            {"classes": {"0": ["a", "b"], "1": ["c"]}},
            targets=changed(TARGETS, **{LABEL: ["0", "0", "1"]}),
        ),
        _labels(
            "a label of two classes",
            [0, 1, 0],
            options={"classes": {"a": ["0"], "b": ["0", "1"]}},
            refused="each label once",
        ),
        _labels(
            "a class of no labels",
            [0, 1, 0],
            options={"classes": {"a": ["0", "1"], "b": []}},
            refused="one or more labels of each class",
        ),
        _labels("classes that differ by case", ["a", "A", "a"], options={"classes": ["a", "A"]}),
    ]


def _numbers() -> list[Case]:
    number = {"label_kind": "number"}
    inexact = 0.1 + 0.2
    return [
        _labels("numbers", ["1.5", " -2", "1e3"], ["1.5", "-2.0", "1000.0"], options=number, warned=""),
        _labels("numbers with a decimal comma", ["1,5", "2,25", "-3"], ["1.5", "2.25", "-3.0"], options=number),
        Case(
            "Parquet numbers to the last bit",
            {"p.parquet": changed(PEOPLE, label=[inexact, 1 / 3, -7e-300])},
            number | {"targets": "p.parquet"},
            targets=changed(TARGETS, **{LABEL: [repr(inexact), repr(1 / 3), "-7.0E-300"]}),
        ),
        Case(
            "numbers that are missing",
            {"people.csv": changed(PEOPLE, label=["1.5", "", "NaN"])},
            number,
            targets=changed(TARGETS, **{LABEL: "1.5"})[:1],
        ),
        _labels("a number that is text", ["1.5", "abc", "2"], options=number, refused=r"in 1 row\(s\), such as 'abc'"),
        _labels("a number that is infinite", ["1", "-inf", "2"], options=number, refused="no finite number.*'-inf'"),
        _labels("a number with classes", [0, 1, 0], options=number | {"classes": ["0", "1"]}, refused="no classes"),
        Case(
            "a client with two numbers",
            {"people.csv": pd.concat([PEOPLE, changed(PEOPLE, label="7.5")[:1]])},
            number,
            refused=r"clients have several labels: 'a1' \(0\.0 and 7\.5\)",
        ),
    ]


def _missing() -> list[Case]:
    two = TARGETS[:2]
    return [
        *(_labels(f"a label {word!r}", [0, 1, word], targets=two) for word in ("", "NULL", "nan", "None", " ")),
        Case(
            "Parquet labels with nulls",
            {"p.parquet": changed(PEOPLE, label=[0.0, 1.0, None])},
            {"targets": "p.parquet"},
            targets=two,
        ),
        _labels("no label at all", ["", "", ""], targets=TARGETS[:0]),
    ]


def _repeated() -> list[Case]:
    twice = pd.concat([PEOPLE, PEOPLE[:2]])
    other = pd.concat([PEOPLE, changed(PEOPLE, label=["1", "1", "0"])])
    grouped = changed(PEOPLE, house=["h1", "h1", "h2"])
    return [
        Case("labels that are repeated", {"people.csv": twice}),
        Case(
            "labels that are repeated in another way",
            {"people.csv": changed(twice, label=["0", "1", "0", "0.0", " 1"])},
        ),
        Case(
            "labels that contradict each other",
            {"people.csv": other},
            refused=r"several labels: 'a1' \(0 and 1\): keep one row",
        ),
        Case("groups", {"people.csv": grouped}, {"group": "house"}, targets=changed(TARGETS, **{GROUP: grouped.house})),
        Case(
            "a client in two groups",
            {"people.csv": pd.concat([grouped, changed(grouped, house="h3")[:1]])},
            {"group": "house"},
            refused="several groups: 'a1'",
        ),
        Case(
            "a group that is missing",
            {"people.csv": changed(grouped, house=["h1", None, "h2"])},
            {"group": "house"},
            targets=changed(TARGETS, **{GROUP: ["h1", "b2", "h2"]}),
        ),
    ]


def _timed() -> list[Case]:
    known = changed(PEOPLE, known=["2024-03-02", "", "2024-03-01 10:00:00"])
    utc = changed(TARGETS, **{CUT: pd.to_datetime(["2024-03-02 00:00:00", None, "2024-03-01 10:00:00"])})
    twice = pd.concat([known, changed(known, known="2024-03-05")[:1]])
    options = {"label_time": "known"}
    return [
        Case("times of labels, one missing", {"people.csv": known}, options, targets=utc),
        Case(
            "times of labels on another clock",
            {"people.csv": known},
            {**options, "timezone": "Europe/Moscow"},
            events=None,
            targets=changed(utc, **{CUT: utc[CUT] - pd.Timedelta(hours=3)}),
        ),
        Case(
            "times of labels in another form",
            {"people.csv": changed(known, known=["02.03.2024", None, None])},
            {**options, "label_time_format": "dd.MM.yyyy"},
            targets=changed(utc, **{CUT: [utc[CUT][0], pd.NaT, pd.NaT]}),
        ),
        Case(
            "a time of a label that is none",
            {"people.csv": changed(known, known=["2024-03-02", "soon", "2024-03-01"])},
            options,
            refused="column 'known': 'soon' is no time: mend it",
        ),
        Case(
            "two times of a label",
            {"people.csv": twice},
            options,
            refused="several times of their label: 'a1'.*keep one",
        ),
    ]
