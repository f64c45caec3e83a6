"""Signals that wait until a library can bear them."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread

_HELD = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def held_signals() -> Iterator[None]:
    """Around a short block: SIGINT and SIGTERM received in it are raised, once each, when it has ended.

    Handlers, not masks: a process has other threads, of Ray for one, and a signal that one of them takes is handled by
    the main thread all the same. Those of C and the default ones, which end the process, are left alone.
    """
    if current_thread() is not main_thread():  # Python handles signals nowhere else
        yield
        return
    received: dict[int, None] = {}
    before = {number: handler for number in _HELD if callable(handler := signal.getsignal(number))}
    for number in before:
        signal.signal(number, lambda each, _: received.setdefault(each))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for waiting in received:
            signal.raise_signal(waiting)
