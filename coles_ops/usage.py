"""Seconds and peak memory of a piece of work, children included."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil


@dataclass
class Usage:
    """Filled in when the measured block ends."""

    seconds: float = 0.0
    peak_mb: float = 0.0  # proportional set size of this process and all it started


@contextmanager
def measure(interval: float = 0.5) -> Iterator[Usage]:
    """Measure the block; memory is sampled every ``interval`` seconds over the whole process tree."""
    usage, done, start = Usage(), threading.Event(), time.monotonic()

    def sample() -> None:
        root = psutil.Process()
        while True:
            usage.peak_mb = max(usage.peak_mb, sum(map(_resident_mb, [root, *root.children(recursive=True)])))
            if done.wait(interval):
                return

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield usage
    finally:
        done.set()
        sampler.join()
        usage.seconds = time.monotonic() - start


def _resident_mb(process: psutil.Process) -> float:
    """Memory-mapped pages shared by several trials count once, so PSS where the system tells it."""
    try:
        memory = process.memory_full_info()
        return getattr(memory, "pss", memory.rss) / 2**20
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return 0.0
