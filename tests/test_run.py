"""A run that another process works on, and what its manifest says."""

from tables import tiny_run

from coles_ops.config import Resources
from coles_ops.run import lock_run, open_run, settle_run


def test_who_looks_at_a_run_changes_nothing_of_it_and_who_holds_it_settles_how(tmp_path):
    run = tiny_run(tmp_path / "world")
    file = run.path / "config.yaml"
    before = file.read_bytes()
    others = run.config.model_copy(update={"resources": Resources(cpus=7)})
    with lock_run(run):
        again = open_run(others)
        assert (again.id, again.config.resources.cpus) == (run.id, 7)
        assert file.read_bytes() == before
    again = open_run(others)
    assert file.read_bytes() == before
    with lock_run(again):
        settle_run(again)
    assert b"cpus: 7" in file.read_bytes()


def test_the_manifest_keeps_apart_what_was_done_and_on_what(tmp_path):
    run = tiny_run(tmp_path / "world")
    run.record_machine("search", most_trials_at_once=2)
    assert run.manifest["stages"] == {}
    run.record_stage("search", seconds=1.0)
    run.record_machine("search", cores=2)
    assert run.manifest["stages"] == {"search": {"seconds": 1.0}}
    assert run.manifest["machines"] == {"search": {"most_trials_at_once": 2, "cores": 2}}
