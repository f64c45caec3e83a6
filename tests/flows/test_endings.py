"""Signals end a block once, and none is lost."""

import signal
import time
import weakref
from collections.abc import Callable

import pytest

from deployments.endings import Terminated, ending_in_order, terminable

PATIENCE = 5.0  # seconds


class Thing:
    """Something that weak references can be made of."""


def drop_with(callback: Callable[[object], None]) -> None:
    """Run a callback where Python ignores what it raises."""
    thing = Thing()
    reference = weakref.ref(thing, callback)
    del thing
    assert reference() is None


@pytest.mark.parametrize("block", [terminable, ending_in_order])
@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)], ids=["INT", "TERM"]
)
def test_a_signal_that_python_ignores_ends_the_block_all_the_same(block, number, error, capsys):
    with pytest.raises(error), block():
        drop_with(lambda _: signal.raise_signal(number))
        time.sleep(PATIENCE)
    assert capsys.readouterr() == ("", "")


def test_other_errors_of_callbacks_are_told_as_before(monkeypatch):
    told = []
    monkeypatch.setattr("sys.unraisablehook", lambda unraisable: told.append(unraisable.exc_type))
    with terminable():
        drop_with(lambda _: 1 / 0)
    assert told == [ZeroDivisionError]


def test_later_signals_leave_the_clean_up_alone():
    cleaned = False
    with pytest.raises(KeyboardInterrupt), ending_in_order():
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGTERM)
            cleaned = True
    assert cleaned
