"""Signals where libraries are: their handlers put away, and what they cannot bear held until they can."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread

_HELD = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def same_handlers(*numbers: signal.Signals) -> Iterator[None]:
    """Around a block that sets handlers of signals: after it they are those from before."""
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
    finally:
        if current_thread() is main_thread():  # else none was set: Python sets and calls them nowhere else
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def held_signals() -> Iterator[None]:
    """Around a short block: SIGINT and SIGTERM received in it are raised, once each, when it has ended.

    Handlers, not masks: a process has other threads, of Ray for one, and a signal that one of them takes is handled by
    the main thread all the same. Those of C and the default ones, which end the process, are left alone.
    """
    if current_thread() is not main_thread():
        yield
        return
    received: dict[int, None] = {}
    held = [number for number in _HELD if callable(signal.getsignal(number))]
    try:
        with same_handlers(*held):
            for number in held:
                signal.signal(number, lambda each, _: received.setdefault(each))
            yield
    finally:
        for waiting in received:
            signal.raise_signal(waiting)
