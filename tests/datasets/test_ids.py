"""Ids that are nearly the same are told, with the rule that makes them so."""

import re

import pyarrow as pa
import pytest

from coles_ops.datasets.ids import near_misses


@pytest.mark.parametrize(
    ("events", "targets", "sentences"),
    [
        (["a", "b"], ["a", "b"], []),
        (["a", "b"], ["a", "ghost"], []),
        (["a", "a "], ["a"], [r"1 clients of the events.*only by spaces.*'a' and 'a '.*`ids: \[trim\]`"]),
        (["a", "A", "b"], ["a"], [r"upper and lower case.*`ids: \[lower\]`"]),
        (["7", "7.0"], [], [r"a \.0 at the end.*`ids: \[no_decimals\]`"]),
        (["7", "007"], [], [r"zeros in front.*`ids: \[no_leading_zeros\]`"]),
        (["a ", "b"], ["a", "b"], [r"1 of 1 labelled clients.*'a', have events but for spaces.*`ids: \[trim\]`"]),
        (["007", "08"], ["7", "8", "9"], [r"2 of 3 labelled clients.*zeros in front"]),
        (["C1 "], ["c1"], [r"1 of 1.*`ids: \[trim, lower, no_decimals, no_leading_zeros\]`"]),
        ([], ["a"], []),
    ],
)
def test_near_misses(events, targets, sentences):
    found = near_misses(pa.array(events, pa.string()), pa.array(targets, pa.string()))
    assert len(found) == len(sentences)
    for text, pattern in zip(found, sentences, strict=True):
        assert re.search(pattern, text), text
