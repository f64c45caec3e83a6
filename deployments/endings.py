"""SIGINT and SIGTERM as exceptions, so that what was begun is ended in order."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Never


class Terminated(KeyboardInterrupt):
    """SIGTERM was received."""


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM raises Terminated in the block, also out of libraries that turn it into a KeyboardInterrupt of theirs."""
    received = []

    def note(number: int, frame: FrameType | None) -> Never:
        received.append(number)
        _raise(number, frame)

    try:
        with _handled(note, signal.SIGTERM):
            yield
    except KeyboardInterrupt as ended:
        if received and not isinstance(ended, Terminated):
            raise Terminated from ended
        raise


@contextmanager
def ending_in_order() -> Iterator[None]:
    """The first SIGINT or SIGTERM raises in the block, also in the background, where a shell lets SIGINT be ignored.

    Later ones are ignored: they would interrupt the clean-up, so let that be bounded.
    """

    def once(number: int, frame: FrameType | None) -> Never:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        _raise(number, frame)

    with _handled(once, signal.SIGINT, signal.SIGTERM):
        yield


def _raise(number: int, _frame: FrameType | None) -> Never:
    raise Terminated if number == signal.SIGTERM else KeyboardInterrupt


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], None], *numbers: signal.Signals) -> Iterator[None]:
    """Handle signals so in the block, and as before after it."""
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, handler_before in before.items():
            signal.signal(number, handler_before)
