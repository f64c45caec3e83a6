"""Labels are written as the classes are, where only one can be meant."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coles_ops.artefacts import fingerprint
from coles_ops.datasets.table import Table
from coles_ops.datasets.targets import in_order, match_labels
from coles_ops.schema import DataError


@pytest.mark.parametrize(
    ("labels", "classes", "written"),
    [
        (["0", "1"], [], {"0": "0", "1": "1"}),
        (["1.0", "0.0", "1"], [], {"1.0": "1", "0.0": "0", "1": "1"}),
        (["yes", "Yes", "no", "yes"], [], {"yes": "yes", "Yes": "yes", "no": "no"}),
        ([" a", "b", "", "NULL"], [], {" a": "a", "b": "b", "": None, "NULL": None}),
        (["True", "false"], ["0", "1"], {"True": "1", "false": "0"}),
        (["1", "0"], ["No", "Yes", "1", "0"][2:], {"1": "1", "0": "0"}),
        (["a", "A"], ["a", "A"], {"a": "a", "A": "A"}),
        (["a", "A", "b"], ["a", "b"], {"a": "a", "A": "a", "b": "b"}),
        (["None", "x", "nan"], ["None", "x"], {"None": "None", "x": "x", "nan": None}),
        (["0", "1", "7"], ["0", "1"], {"0": "0", "1": "1", "7": "7"}),  # for validation to name
    ],
)
def test_labels_become_classes(labels, classes, written):
    assert match_labels(Counter(labels), classes, "here") == written


def test_labels_are_joined_to_classes():
    classes = {"stayed": ["active", "2"], "churned": ["lost", "gone"]}
    counts = Counter(["active", "2.0", "Lost", "gone", "", "churned", "new"])
    written = {"active": "stayed", "2.0": "stayed", "Lost": "churned", "gone": "churned", "": None}
    assert match_labels(counts, classes, "here") == written | {"churned": "churned", "new": "new"}
    with pytest.raises(DataError, match="no client has the label '2'"):
        match_labels(Counter(["active", "lost", "gone"]), classes, "here")


def test_the_order_of_classes_makes_another_dataset():
    def table(**classes: list[str]) -> Table:
        return Table(events="e", client="c", time="t", targets="l", label="y", classes=classes)

    one, other = table(stay=["a", "b"], go=["c"]), table(go=["c"], stay=["a", "b"])
    assert (one.classes, other.classes) == (("stay", "go"), ("go", "stay"))
    assert fingerprint(one) != fingerprint(other)
    assert Table.model_validate(one.model_dump(mode="json")) == one


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        (["0", "1", "1"], ["0", "1", "2"], r"here: no client has the label '2' .*'0' \(1\), '1' \(2\)"),
        (["0"], ["no", "yes"], r"no client has the label 'no', 'yes'"),
        (map(str, range(101)), [], r"holds 101 different labels, such as '0', '1', '2'"),
    ],
)
def test_a_class_that_is_empty_and_too_many_are_refused(labels, classes, message):
    with pytest.raises(DataError, match=message):
        match_labels(Counter(labels), classes, "here")


@given(st.lists(st.integers(-50, 50).map(str), min_size=1))
def test_numbers_are_in_the_order_of_their_values(labels):
    assert list(map(int, in_order(labels))) == sorted(set(map(int, labels)))


def test_text_is_in_the_order_of_letters():
    assert in_order(["yes", "no", "yes"]) == ("no", "yes")
    assert in_order(["10", "9", "x"]) == ("10", "9", "x")
