"""Calls on Ray: results as they come, whose fault an error is, and one Ray for all."""

import json
import logging
import os

import pytest

from coles_ops.cluster import attempts
from coles_ops.cluster.workers import Workers
from coles_ops.config import load_config
from coles_ops.schema import FaultError

pytestmark = [pytest.mark.ray, pytest.mark.timeout(300)]


def test_an_error_of_a_call_is_raised_and_a_fault_of_the_machine_is_one_in_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(attempts, "_IDLE", 1)
    workers, done = Workers(load_config("synthetic", {"resources.cpus": 1}), cpus=1), {}

    def call(function, *inputs: str) -> None:
        workers.call(function, list(inputs), done.__setitem__, "the work", logging.getLogger("coles.test"))

    try:
        call(json.loads, "1", "2")
        assert done == {"1": 1, "2": 2}
        with pytest.raises(json.JSONDecodeError):
            call(json.loads, "{")
        with pytest.raises(FaultError, match=r"the work was interrupted 1 times .*FileExistsError"):
            call(os.makedirs, str(tmp_path))
    finally:
        workers.stop()
