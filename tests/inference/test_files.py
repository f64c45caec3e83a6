"""Files of new events are embedded by the run's own rules, part by part, and an interrupted job goes on."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from inference import bundles
from tables import purchases, tiny_run
from trainings import small

from coles_ops.artefacts.embeddings import OutputError
from coles_ops.artefacts.validation import Validation
from coles_ops.config import ConfigError
from coles_ops.embedding import embed
from coles_ops.encoders import build_encoder
from coles_ops.inference import files, spread
from coles_ops.inference.files import embed_files
from coles_ops.inference.frame import embed_coded
from coles_ops.inference.settings import settings_of
from coles_ops.preprocess import preprocess_events, read_rows, split_clients
from coles_ops.schema import DataError

pytestmark = pytest.mark.spark
SMALL = {"resources.cpus": 2, "resources.spark_memory": "1g"}


@pytest.fixture(scope="module")
def made(tmp_path_factory, spark):
    """(bundle, events file, embeddings of all clients by id) of a run whose encoder was not trained."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLES_HOME", str(folder / "home"))
        run = tiny_run(folder / "world")
        rows = read_rows(run)
        fit = Validation(path=folder / "validation", fingerprint="fit")  # without a look at the gate
        fit.path.mkdir()
        fit.write({}, rows.clients.merge(rows.targets, how="left"))
        events = preprocess_events(run, rows, split_clients(run, fit))
    options = small().encoder
    encoder = build_encoder(events.store.schema, options, seed=1)
    bundle = bundles.write(folder / "bundle", events.coding, encoder, options, run.config.dataset)
    found = embed(encoder, events.store, np.arange(len(events.store.ids)), bundle.embedding)
    return bundle, folder / "world" / "events.csv", pd.DataFrame(found, index=events.store.ids)


def run_on(made, events: Path, out: Path, **overrides):
    bundle = made[0]
    return embed_files(bundle, str(events), out, *settings_of(bundle, SMALL | overrides))


def interrupt(*_) -> None:
    raise KeyboardInterrupt


def table_of(embeddings) -> pd.DataFrame:
    return pd.concat(pd.read_parquet(part) for part in embeddings.parts).set_index("client_id")


def test_the_same_events_give_the_embeddings_of_the_run(made, tmp_path, coles_home):
    _, events, wanted = made
    found = run_on(made, events, tmp_path / "out")
    np.testing.assert_allclose(table_of(found).loc[wanted.index], wanted, atol=1e-5)
    assert (found.summary["clients"], found.summary["events"]) == (60, len(purchases()[0]))
    assert sorted(path.name for path in found.path.iterdir()) == ["part-00000.parquet", "summary.json"]
    before = found.part(0).stat()
    again = run_on(made, events, tmp_path / "out")
    assert again.cached
    assert found.part(0).stat() == before


def test_new_clients_and_values_go_through_the_same_rules(made, tmp_path, coles_home, caplog):
    frame = purchases()[0].head(300)
    frame = frame.assign(who="n" + frame.who, mcc="new")
    frame.loc[frame.index[0], "when"] = None
    frame.to_csv(tmp_path / "new.csv", index=False)
    found = run_on(made, tmp_path / "new.csv", tmp_path / "out", **{"validation.max_quarantined": 0.1})
    assert found.summary["unknown"]["mcc"] == 299
    assert "mcc: 100% of the events have a value that training did not see" in caplog.text
    assert pq.read_table(found.quarantine)["reason"].to_pylist() == ["not: event_time is a time"]
    assert table_of(found).index.str.startswith("nc").all()


def test_too_many_broken_rows_are_one_message_and_leave_nothing(made, tmp_path, coles_home):
    frame = purchases()[0].head(20).astype({"when": str})
    frame.loc[frame.index[:5], "when"] = "never"
    frame.to_csv(tmp_path / "bad.csv", index=False)
    with pytest.raises(DataError, match=r"(5 of 20 events break a rule|when)"):
        run_on(made, tmp_path / "bad.csv", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_interrupted_job_goes_on_and_keeps_its_parts(made, tmp_path, coles_home, monkeypatch):
    _, events, wanted = made
    monkeypatch.setattr(files, "_CLIENTS", 16)
    done = []

    def interrupted(*arguments):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(arguments)
        return embed_coded(*arguments)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(files, "embed_coded", interrupted)
        run_on(made, events, tmp_path / "out")
    kept = {path: path.stat() for path in sorted((tmp_path / "out").glob("part-*"))}
    assert len(kept) == 2
    monkeypatch.setattr(files, "spark_session", None)  # the rows are there
    found = run_on(made, events, tmp_path / "out")
    assert {path: path.stat() for path in kept} == kept
    np.testing.assert_allclose(table_of(found).loc[wanted.index], wanted, atol=1e-5)


def test_workers_of_a_cluster_embed_alike_and_make_only_what_lacks(made, tmp_path, coles_home, monkeypatch):
    _, events, wanted = made
    monkeypatch.setattr(spread, "EVENTS_OF_SHARD", 400)
    on_cluster = {"resources.spark_master": "local[2]"}
    found = run_on(made, events, tmp_path / "out", **on_cluster)
    assert len(found.parts) > 2
    np.testing.assert_allclose(table_of(found).loc[wanted.index], wanted, atol=1e-5)
    here = run_on(made, events, tmp_path / "here").summary
    assert {key: found.summary[key] for key in here} == here

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(files.Embeddings, "finish", interrupt)
        run_on(made, events, tmp_path / "again", **on_cluster)
    first, *others = sorted((tmp_path / "again").glob("part-*"))
    first.unlink()
    with pytest.raises(OutputError, match="was begun by a Spark cluster, whose parts hold other clients"):
        run_on(made, events, tmp_path / "again")
    before = [path.stat() for path in others]
    again = run_on(made, events, tmp_path / "again", **on_cluster)
    assert [path.stat() for path in others] == before
    pd.testing.assert_frame_equal(table_of(again), table_of(found))


def test_a_folder_with_something_else_in_it_is_left_alone(made, tmp_path, coles_home):
    _, events, _ = made
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="is not empty"):
        run_on(made, events, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]
    shutil.rmtree(tmp_path / "out")
    run_on(made, events, tmp_path / "out")
    purchases(seed=1)[0].to_csv(tmp_path / "others.csv", index=False)
    with pytest.raises(OutputError, match="of other events or of another bundle"):
        run_on(made, tmp_path / "others.csv", tmp_path / "out")


def test_settings_are_of_rows_and_resources_alone(made):
    bundle, _, _ = made
    with pytest.raises(ConfigError, match=r"training.steps counts for nothing here"):
        settings_of(bundle, {"training.steps": 3})
    with pytest.raises(ConfigError, match=r"cpus.*got .many."):
        settings_of(bundle, {"resources.cpus": "many"})
    validation, resources = settings_of(bundle, SMALL)
    assert validation.time_max is None
    assert resources.cores == 2
