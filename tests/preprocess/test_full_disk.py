"""A column on a disk without room is an error that names it, not a SIGBUS at some later write."""

import errno
import os
import subprocess

import numpy as np
import pytest

from coles_ops.store import allocate


@pytest.mark.skipif(os.getuid() != 0, reason="only root may mount a small disk: a full one is not tried")
def test_room_is_taken_when_a_column_is_made(tmp_path):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", tmp_path], check=True)
    try:
        with pytest.raises(OSError) as caught:
            allocate(tmp_path / "large.npy", np.int64, 1 << 20)
        assert caught.value.errno == errno.ENOSPC
        allocate(tmp_path / "small.npy", np.int64, 1 << 10)
        np.load(tmp_path / "small.npy", mmap_mode="r+")[:] = 7
        assert (np.load(tmp_path / "small.npy") == 7).all()
    finally:
        subprocess.run(["umount", "--lazy", tmp_path], check=True)
