"""SIGINT and SIGTERM as exceptions, so that what was begun is ended in order."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer, get_ident
from types import FrameType
from typing import Never

from coles_ops.signals import same_handlers

Handler = Callable[[int, FrameType | None], None]

_AGAIN = 0.01  # seconds until a signal that Python has ignored is raised once more


class Terminated(KeyboardInterrupt):
    """SIGTERM was received."""


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM raises Terminated in the block, also out of libraries that turn it into a KeyboardInterrupt of theirs."""
    received: list[int] = []

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
    received: list[int] = []

    def once(number: int, frame: FrameType | None) -> None:
        if not received:
            received.append(number)
            _raise(number, frame)

    with _handled(once, signal.SIGINT, signal.SIGTERM, forget=received.clear):
        yield


def _raise(number: int, _frame: FrameType | None) -> Never:
    raise Terminated if number == signal.SIGTERM else KeyboardInterrupt


@contextmanager
def _handled(handler: Handler, *numbers: signal.Signals, forget: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Handle signals so in the block, and as before after it.

    Python ignores what is raised in the callback of a weak reference or in ``__del__``, where a signal may well be
    handled: it is raised again then, after ``forget``.
    """
    hook_before, me = sys.unraisablehook, get_ident()

    def again(unraisable: "sys.UnraisableHookArgs") -> None:
        if not isinstance(unraisable.exc_value, KeyboardInterrupt):
            hook_before(unraisable)
            return
        forget()
        number = signal.SIGTERM if isinstance(unraisable.exc_value, Terminated) else signal.SIGINT
        Timer(_AGAIN, signal.pthread_kill, (me, number)).start()  # not from here: it would be ignored once more

    with same_handlers(*numbers):
        for number in numbers:
            signal.signal(number, handler)
        sys.unraisablehook = again
        try:
            yield
        finally:
            sys.unraisablehook = hook_before
