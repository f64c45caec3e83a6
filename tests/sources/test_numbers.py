"""By which marks amounts are written, and what is refused rather than guessed."""

from pathlib import Path

import pandas as pd
import pytest

from coles_ops.schema import DataError
from coles_ops.sources import CsvOptions, Marks, marks, marks_seen
from coles_ops.sources.numbers import as_numbers


def write(file: Path, *amounts: str) -> Path:
    file.write_text("client;price\n" + "".join(f"a;{amount}\n" for amount in amounts))
    return file


def test_groups_of_whole_numbers_are_no_fractions(tmp_path):
    file = write(tmp_path / "a.csv", "1.250.000", "12.500", "7")
    found = marks([file], CsvOptions(), "events", ["price"])["price"]
    assert found == Marks(",", ".")
    assert as_numbers(pd.Series(["1.250.000", "950.000", "1,5"]), found).tolist() == [1_250_000, 950_000, 1.5]


def test_files_of_which_one_has_groups_and_one_fractions_by_the_same_mark_are_refused(tmp_path):
    files = [write(tmp_path / "a.csv", "1.250.000"), write(tmp_path / "b.csv", "1.5", "12.25")]
    with pytest.raises(DataError, match=r"the decimal mark of column 'price' is ',' in .*a\.csv and '\.' in .*b\.csv"):
        marks(files, CsvOptions(), "events", ["price"])
    spaced = [write(tmp_path / "a.csv", "1 250 000"), write(tmp_path / "b.csv", "1,5")]
    assert marks(spaced, CsvOptions(), "events", ["price"])["price"] == Marks(",", " ")


def test_what_was_seen_once_holds_for_files_that_show_less(tmp_path):
    first, later = write(tmp_path / "a.csv", "1.250,00"), write(tmp_path / "b.csv", "1.250", "2.000")
    seen = marks_seen([first], CsvOptions(), "events", ["price"])
    kept = CsvOptions(marks={name: (each.decimal, each.thousands) for name, each in seen.items()})
    assert marks([later], kept, "events", ["price"]) == {"price": Marks(",", ".")}
    assert marks_seen([write(tmp_path / "c.csv", "7", "8")], CsvOptions(), "events", ["price"]) == {}
