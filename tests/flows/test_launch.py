"""``coles launch`` given Ctrl-C: its flow run is cancelled, and nothing that it started or made for a while is left.

It is called where the data lie, and the flow runs elsewhere.
"""

import signal
from pathlib import Path

import pytest
import yaml
from serving import coles, eventually, left_of, printed, states_in
from tables import purchases, write_world

pytestmark = [pytest.mark.prefect, pytest.mark.spark, pytest.mark.timeout(1800)]


def test_ctrl_c_cancels_the_run_and_leaves_nothing(tmp_path):
    home, config, temporary = tmp_path / "home", tmp_path / "tiny.yaml", tmp_path / "temporary"
    temporary.mkdir()
    settings = write_world(tmp_path / "world", *purchases(clients=30)).model_dump(mode="json")
    for option in ("events", "targets"):
        settings["dataset"][option] = str(Path(settings["dataset"][option]).relative_to(tmp_path))
    config.write_text(yaml.safe_dump(settings))
    launched = coles("launch", config.name, home=home, folder=tmp_path, TMPDIR=str(temporary))
    eventually(lambda: left_of(home, "java"), home)
    launched.send_signal(signal.SIGINT)
    assert launched.wait(120) == 130
    assert "interrupted" in printed(home)
    assert "Traceback" not in printed(home)
    assert not left_of(home)
    assert not list(temporary.iterdir())
    assert states_in(home) == ["CANCELLED"]
