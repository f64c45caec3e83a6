"""What the machine interrupts is tried again."""

import logging

from coles_ops.cluster.attempts import Attempt, repeat

log = logging.getLogger("coles.test")


def test_a_file_that_ends_too_early_is_a_fault_of_the_machine():
    tries = []

    def attempt(outcome: Attempt) -> None:
        tries.append(outcome)
        if len(tries) == 1:
            raise EOFError("Ran out of input")

    repeat(attempt, "the work", log)
    assert len(tries) == 2
    assert tries[0].faults == ["EOFError: Ran out of input"]
