"""What is said of an expectation that does not hold."""

import pytest

from expectations.summary import failure_message

GIVEN = "expect_column_values_to_not_be_null"


def line(suite: str, column: str | None, expectation: str, **facts) -> dict:
    empty = dict.fromkeys(("unexpected", "rows", "observed", "error"))
    return {"suite": suite, "column": column, "expectation": expectation, "success": False, "allowed": {},
            "examples": [], **empty, **facts}  # fmt: skip


@pytest.mark.parametrize(
    ("found", "advice"),
    [
        (line("events", "city", GIVEN), "validation.max_null_categories"),
        (line("events", "client_id", GIVEN), "dataset.client, or raise validation.max_quarantined"),
        (line("events", "event_time", GIVEN), "check the time column"),
        (line("events", None, "expect_table_row_count_to_be_between"), "there is no event: check dataset.events"),
        (line("targets", "client_id", GIVEN), "that name no client"),
        (line("targets", "client_id", "expect_column_values_to_be_unique"), "keep one row a client"),
        (line("targets", "label", "expect_column_values_to_be_in_set"), "write all its values under dataset `classes"),
    ],
)
def test_each_failure_says_what_to_do(found, advice):
    (_, said) = failure_message([found], {}, "docs").splitlines()
    assert advice in said.partition(" -> ")[2]


def test_an_expectation_that_failed_itself_shows_its_error():
    found = line("events", "city", GIVEN, error="column city has no type")
    (_, said) = failure_message([found], {}, "docs").splitlines()
    assert said.endswith("error: column city has no type -> this is no finding about the data: the check itself failed")
