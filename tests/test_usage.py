import time

import numpy as np

from coles_ops.usage import measure


def test_time_and_memory_are_measured():
    with measure(interval=0.02) as idle:
        time.sleep(0.1)
    with measure(interval=0.02) as busy:
        block = np.ones(30_000_000)
        time.sleep(0.1)
    assert idle.seconds >= 0.1
    assert busy.peak_mb > idle.peak_mb + 0.9 * block.nbytes / 2**20
