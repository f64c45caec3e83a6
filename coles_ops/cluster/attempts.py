"""Work that the machine interrupts is tried again, until it gets no further."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from coles_ops.cluster.faults import LostError
from coles_ops.cluster.session import dead_process
from coles_ops.schema import FaultError, UserError

_IDLE = 3  # attempts in a row that got no further, after which a fault of the machine is taken to stay
_IN_A_ROW = 3  # faults in one attempt, after which the machine, not this piece of work or that, is taken to be at fault


@dataclass
class Attempt:
    """What became of the pieces of work that one Ray was given.

    Attributes:
        faults: why pieces were left unfinished, by what the machine did; they are to be tried again.
        moved: whether any got further.
    """

    faults: list[str] = field(default_factory=list)
    moved: bool = False
    _in_a_row: int = 0

    def succeeded(self) -> None:
        """A piece got further."""
        self.moved, self._in_a_row = True, 0

    def interrupted(self, fault: str) -> None:
        """A piece is left for another try."""
        self.faults.append(fault)
        self._in_a_row += 1

    def check(self) -> None:
        """Give up this Ray where it has died, or where nothing succeeds any more."""
        if died := dead_process():
            raise LostError(f"Ray's {died} died")
        if self._in_a_row >= _IN_A_ROW:
            raise LostError(f"{_IN_A_ROW} times in a row: {self.faults[-1]}")


def repeat(attempt: Callable[[Attempt], None], what: str, log: logging.Logger) -> None:
    """Attempt it until no fault is left.

    Args:
        attempt: does what is not done yet, in a Ray of its own; notes faults, or dies of one.
        what: it is, in words.
        log: told of every fault.

    Raises:
        FaultError: the machine interrupts it again and again; all is kept.
    """
    from ray.exceptions import RayError
    from ray.tune import TuneError

    idle = 0
    while True:
        outcome = Attempt()
        try:
            attempt(outcome)
        except (UserError, ValueError):  # of a child, too: Ray's error is then also what it wraps
            raise
        except (OSError, EOFError, RuntimeError, RayError, TuneError, LostError) as error:
            # an EOFError is of the state that Tune keeps, cut short by a full disk
            log.debug("%s ended early", what, exc_info=error)
            outcome.faults.append(f"{type(error).__name__}: {error}".strip().splitlines()[-1])
        if not outcome.faults:
            return
        idle = 0 if outcome.moved else idle + 1
        if idle == _IDLE:
            raise FaultError(
                f"{what} was interrupted {_IDLE} times without getting further, the last time by: "
                f"{outcome.faults[-1]}. What is done is kept: once the cause is gone, the same command goes on"
            )
        log.warning("interrupted by: %s; the others go on", outcome.faults[-1])
