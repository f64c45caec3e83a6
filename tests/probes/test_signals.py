"""A signal while CatBoost reads labels, where it drops what is raised and reads on: the process died of SIGSEGV."""

import signal
import subprocess
import sys
import threading

import pytest

from coles_ops.signals import held_signals

FIT = """
import signal, sys
import numpy as np
from coles_ops.probes import Fitting, Labelled, PROBES
from coles_ops.targets import Classes
from deployments.endings import Terminated, terminable

asked = np.issubdtype

def interrupted(*types):
    signal.raise_signal(signal.{number})
    return asked(*types)

rows = Labelled(np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32), np.arange(40) % 2)
np.issubdtype = interrupted
try:
    with terminable():
        PROBES.get("catboost")(trees=10).model(rows, 10, Fitting(Classes(names=("a", "b")), threads=1, seed=0))
except KeyboardInterrupt as ended:
    print(type(ended).__name__)
"""


@pytest.mark.parametrize(("number", "ended"), [("SIGINT", "KeyboardInterrupt"), ("SIGTERM", "Terminated")])
def test_a_signal_while_catboost_reads_labels_ends_the_fit(number, ended):
    command = [sys.executable, "-c", FIT.format(number=number)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, ended), done.stderr


def test_a_held_signal_is_raised_once_after_the_block_by_the_handler_from_before():
    told: list[str] = []
    before = signal.signal(signal.SIGINT, lambda *_: told.append("handled"))
    try:
        with held_signals():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            told.append("block ended")
        assert told == ["block ended", "handled"]
        signal.raise_signal(signal.SIGINT)
        assert told == ["block ended", "handled", "handled"]
    finally:
        signal.signal(signal.SIGINT, before)


def test_what_fails_in_the_block_fails_and_the_signal_is_not_lost():
    with pytest.raises(KeyError), held_signals():
        raise KeyError
    with pytest.raises(KeyboardInterrupt), held_signals():
        signal.raise_signal(signal.SIGINT)
        raise KeyError


def test_outside_the_main_thread_there_is_nothing_to_hold():
    through: list[bool] = []

    def work() -> None:
        with held_signals():
            through.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert through == [True]
