"""Stored names are names of files and columns, no two alike, and say which column they are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coles_ops.datasets.names import shown_name, stored_names

names = st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=8, unique=True)


@given(names)
def test_any_names_have_stored_names_that_differ_whatever_the_case_and_lead_back(columns):
    stored = stored_names(columns)
    assert [shown_name(stored[name]) for name in columns] == columns
    assert len({name.lower() for name in stored.values()}) == len(columns)
    for name in stored.values():
        assert not re.search(r"[/\\.`'\"<>\x00-\x1f]", name)
        assert name not in ("hour", "weekday", "time", "gap", "row", "client_id", "event_time", "label")


def test_plain_names_stay_and_taken_ones_do_not():
    names = ["mcc", "city_2", "two words", "сумма", "StockCode"]
    assert stored_names(names) == {name: name for name in names}
    assert stored_names(["hour", "Label"]) == {"hour": "%68our", "Label": "%4Cabel"}
    assert stored_names(["City", "city"]) == {"City": "%43ity", "city": "city"}


@pytest.mark.parametrize(
    ("columns", "message"),
    [(["a", "b", "a"], "'a' is named twice"), ([""], "cannot name a file"), (["я" * 120], "rename the column")],
)
def test_what_cannot_be_told_apart_or_stored_is_refused(columns, message):
    with pytest.raises(ValueError, match=message):
        stored_names(columns)
