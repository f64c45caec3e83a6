"""What a case is, and what comes out of it."""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from catalogue.world import EVENTS, PEOPLE, PURCHASES, TARGETS
from coles_ops.config import parse_config
from coles_ops.preprocess.rules import mark_broken_rows, row_rules
from coles_ops.schema import BROKEN, UserError

_LONGEST, _LINES = 1500, 6  # characters and lines of what may be called one message

Content = str | bytes | pd.DataFrame | pa.Table | Callable[[Path], Any]


@dataclass(frozen=True)
class Case:
    """One input.

    ``files`` are relative paths to what to write there: text (as UTF-8), bytes, a frame or an Arrow table (CSV or
    Parquet, by the suffix), or a function of the path; events.csv and people.csv that it does not name are written
    from PURCHASES and PEOPLE. ``options`` change those of the dataset (paths are relative to the case's folder), and
    ``sections`` other sections of the configuration.

    Expected is ``refused``, a regular expression in the one message of a UserError; or ``events`` and ``targets``
    (None: not looked at), with ``broken``, the reasons of the rows left out, each a regular expression, in any order.
    ``warned`` is a regular expression in the log; "" asks for no warning, None takes any.
    """

    name: str
    files: Mapping[str, Content] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    sections: Mapping[str, Any] = field(default_factory=dict)
    events: pd.DataFrame | None = field(default_factory=lambda: EVENTS)
    targets: pd.DataFrame | None = field(default_factory=lambda: TARGETS)
    broken: tuple[str, ...] = ()
    refused: str = ""
    warned: str | None = None


@dataclass(frozen=True)
class Outcome:
    """``state`` is right, refused or wrong; ``why`` says what is wrong, or the message of a refusal."""

    state: str
    why: str = ""


@contextmanager
def interpreted(spark) -> Iterator[None]:
    """In the block, Spark compiles nothing: for a handful of rows that takes half of the time."""
    quick = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
    before = {name: spark.conf.get(name) for name in quick}

    def use(settings: dict[str, str]) -> None:
        for name, value in settings.items():
            spark.conf.set(name, value)

    use(quick)
    try:
        yield
    finally:
        use(before)


def run(case: Case, folder: Path, spark) -> Outcome:
    """Write the case's files into an empty folder, read them as coles does, and compare."""
    options = _write(case, folder)
    told = _Told()
    logging.getLogger("coles").addHandler(told)
    try:
        config = parse_config({"name": "case", "dataset": options, **case.sections}, source="case")
        judged = mark_broken_rows(config.dataset.events(spark), row_rules(config.dataset, config.validation)).toPandas()
        targets = None if case.targets is None else config.dataset.targets(spark).toPandas()
    except UserError as error:
        return _judged_refusal(case, f"{type(error).__name__}: {error}")
    except Exception as error:
        return Outcome("wrong", f"ended in {type(error).__name__}: {str(error)[:1500]}")
    finally:
        logging.getLogger("coles").removeHandler(told)
    return _judged_frames(case, judged, targets, told.lines)


class _Told(logging.Handler):
    """Keeps warnings."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record):
        self.lines.append(record.getMessage())


def _write(case: Case, folder: Path) -> dict[str, Any]:
    options = {
        "name": "table", "events": "events.csv", "client": "who", "time": "when", "categories": ["mcc"],
        "amounts": ["paid"], "targets": "people.csv", "label": "label", **case.options,
    }  # fmt: skip
    files = dict(case.files)
    for key, frame in (("events", PURCHASES), ("targets", PEOPLE)):
        name = options[key]
        if name in ("events.csv", "people.csv"):
            files.setdefault(name, frame)
        options[key] = name if name.startswith(("~", "$", "/")) else str(folder / name)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, content)
    return options


def write(path: Path, content: Content) -> None:
    """One file of a case."""
    parquet = ".parquet" in path.suffixes
    if callable(content):
        content(path)
    elif isinstance(content, str | bytes):
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    elif isinstance(content, pa.Table):
        pq.write_table(content, path)
    elif parquet:
        content.to_parquet(path, index=False)
    else:
        content.to_csv(path, index=False)


def _judged_refusal(case: Case, message: str) -> Outcome:
    if not case.refused:
        return Outcome("wrong", f"refused with {message!r}")
    if not re.search(case.refused, message, re.DOTALL):
        return Outcome("wrong", f"refused with {message!r}, which does not say {case.refused!r}")
    if len(message) > _LONGEST or message.count("\n") > _LINES:
        return Outcome("wrong", f"refused at too great a length: {message}")
    return Outcome("refused", message)


def _judged_frames(case: Case, judged: pd.DataFrame, targets: pd.DataFrame | None, warnings: list[str]) -> Outcome:
    if case.refused:
        return Outcome("wrong", f"taken, though it should say {case.refused!r}:\n{judged}\n{targets}")
    wrong = [
        _left_out(case, sorted(judged[BROKEN].dropna())),
        "" if case.events is None else _difference(case.events, judged[judged[BROKEN].isna()]),
        "" if case.targets is None else _difference(case.targets, targets),
        _warned(case, "\n".join(warnings)),
    ]
    return Outcome("wrong", "\n".join(filter(None, wrong))) if any(wrong) else Outcome("right")


def _left_out(case: Case, reasons: list[str]) -> str:
    left = list(case.broken)
    for reason in reasons:
        match = next((pattern for pattern in left if re.search(pattern, reason)), None)
        if match is None:
            return f"left out for {reason!r}; expected {left}"
        left.remove(match)
    return f"not left out: {left}" if left else ""


def _warned(case: Case, text: str) -> str:
    if case.warned == "" and text:
        return f"warned: {text}"
    if case.warned and not re.search(case.warned, text, re.DOTALL):
        return f"warned {text!r}, which does not say {case.warned!r}"
    return ""


def _difference(expected: pd.DataFrame, found: pd.DataFrame) -> str:
    """ "" where both hold the same rows, in any order."""
    missing = [name for name in expected.columns if name not in found.columns]
    if missing:
        return f"no column {missing} in {list(found.columns)}"
    want, have = (_rows(frame[expected.columns]) for frame in (expected, found))
    if want == have:
        return ""
    return "expected\n  " + "\n  ".join(map(str, want)) + "\nbut came\n  " + "\n  ".join(map(str, have))


def _rows(frame: pd.DataFrame) -> list[tuple]:
    """Rows as tuples of text, numbers and None, sorted."""

    def plain(value: Any) -> Any:
        if pd.isna(value):
            return None
        if isinstance(value, pd.Timestamp):
            return value.isoformat(sep=" ", timespec="microseconds")
        return value.item() if hasattr(value, "item") else value

    return sorted((tuple(map(plain, row)) for row in frame.itertuples(index=False, name=None)), key=str)
