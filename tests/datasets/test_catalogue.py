"""Every input of the catalogue gives what is expected of it, or the message that refuses it."""

import pytest
from catalogue import Case, cases, interpreted, run

pytestmark = pytest.mark.spark


@pytest.fixture(autouse=True, scope="module")
def _quickly(spark):
    with interpreted(spark):
        yield


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_an_input_comes_out_right_or_is_refused_with_one_message(spark, tmp_path, case):
    folder = tmp_path / "case"
    folder.mkdir()
    outcome = run(case, folder, spark)
    assert outcome.state == ("refused" if case.refused else "right"), outcome.why


@pytest.mark.parametrize(
    "case",
    [
        Case("a value", {"events.csv": "who,when,mcc,paid\na1,2024-03-01,food,5\n"}),
        Case("a message", refused="has no column"),
        Case("another message", options={"client": "nobody"}, refused="has no file"),
        Case("a rule", broken=("is a time",)),
        Case("a warning", warned="spaces"),
    ],
    ids=lambda case: case.name,
)
def test_what_is_wrong_is_seen(spark, tmp_path, case):
    folder = tmp_path / "case"
    folder.mkdir()
    assert run(case, folder, spark).state == "wrong"
