"""A function called on many inputs, in processes of Ray."""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, TypeVar

from coles_ops.cluster.attempts import Attempt, repeat
from coles_ops.cluster.faults import is_own
from coles_ops.cluster.session import ray_session
from coles_ops.config import Config

_LOOK = 1.0  # seconds between looks at Ray itself

T = TypeVar("T")


class Workers:
    """Ray, started with the first call and kept for the next ones, until it is stopped.

    Args:
        config: which Ray, and the part of a GPU that a call gets.
        cpus: cores of a call.
    """

    def __init__(self, config: Config, cpus: int):
        self._config, self._cpus = config, cpus
        self._session: ExitStack | None = None

    def call(
        self,
        function: Callable[[T], Any],
        inputs: list[T],
        done: Callable[[T, Any], None],
        what: str,
        log: logging.Logger,
    ) -> None:
        """Call the function on every input and hand over what it returned as it comes.

        Args:
            function: of a module, no closure.
            inputs: what it is called on.
            done: called here, with an input and its result.
            what: it all is, in words.
            log: told of every fault.

        Raises:
            FaultError: the machine interrupts the calls again and again.
            Exception: that of a call, where it would raise it on any machine.
        """
        pending, own = dict(enumerate(inputs)), []

        def attempt(outcome: Attempt) -> None:
            try:
                if not self._session:
                    self._session = ExitStack()
                    self._session.enter_context(ray_session(self._config))
                if error := self._call(function, pending, done, outcome):
                    own.append(error)
            except BaseException:
                self.stop()
                raise
            if outcome.faults:
                self.stop()  # another Ray for another try

        repeat(attempt, what, log)
        if own:
            raise own[0]

    def stop(self) -> None:
        """End Ray, where it was started."""
        if self._session:
            self._session.close()
        self._session = None

    def _call(
        self, function: Callable[[T], Any], pending: dict[int, T], done: Callable[[T, Any], None], outcome: Attempt
    ) -> BaseException | None:
        """Call it on what is pending; returns the first error that is the call's own."""
        import ray
        from ray.exceptions import RayError, RayTaskError

        remote = ray.remote(num_cpus=self._cpus, num_gpus=self._gpu(), max_retries=0)(function)
        calls = {remote.remote(given): number for number, given in pending.items()}
        while calls:
            outcome.check()
            ready, _ = ray.wait(list(calls), timeout=_LOOK)
            for call in ready:
                number = calls.pop(call)
                try:
                    result = ray.get(call)
                except RayTaskError as error:
                    if isinstance(error.cause, BaseException) and is_own(error.cause):
                        return error.cause
                    outcome.interrupted(f"{type(error.cause).__name__}: {error.cause}")
                except RayError as error:
                    outcome.interrupted(f"{type(error).__name__}: {error}".splitlines()[0])
                else:
                    outcome.succeeded()
                    done(pending.pop(number), result)
        return None

    def _gpu(self) -> float:
        """The part of a GPU of one call: as configured, or what the calls that the cores allow at once can share."""
        import ray

        there, wanted = ray.cluster_resources(), self._config.resources.gpu
        if not there.get("GPU"):
            return 0.0
        if wanted != "auto":
            return wanted
        part = there.get("GPU", 0) * self._cpus / there["CPU"]
        return min(1.0, int(part * 10_000) / 10_000)  # as fine as Ray counts
