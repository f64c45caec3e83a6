"""A bundle embeds a table as the run embedded its store, and is refused where anything of it is another."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from coding.worlds import canonical, configuration, write_rows
from inference import bundles
from trainings import small

from coles_ops.artefacts import DamagedError
from coles_ops.embedding import embed
from coles_ops.encoders import build_encoder
from coles_ops.inference import BundleError, load_bundle
from coles_ops.preprocess.arrays import write_arrays
from coles_ops.schema import DataError
from coles_ops.store import EventStore

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def table():
    return canonical()


@pytest.fixture(scope="module")
def store(table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    rows = write_rows(folder / "rows", table)
    clients = rows.clients.assign(part="train", label=None)
    coding, _ = write_arrays(folder / "arrays", rows, clients, configuration(gap=True))
    return EventStore(folder / "arrays"), coding


@pytest.fixture
def bundle(store, tmp_path):
    events, coding = store
    options = small().encoder
    encoder = build_encoder(events.schema, options, seed=3)
    return bundles.write(tmp_path / "bundle", coding, encoder, options, configuration().dataset)


def test_a_table_is_embedded_as_the_store_was(bundle, store, table):
    events, _ = store
    wanted = embed(bundle.encoder, events, np.arange(len(events.ids)), bundle.embedding)
    found = bundle.embed(table)
    assert found["client_id"].tolist() == events.ids.tolist()
    np.testing.assert_allclose(found.drop(columns="client_id"), wanted, atol=1e-6)
    some = bundle.embed(table.to_pandas().query("client_id in ('c3', 'c5')").sample(frac=1, random_state=0))
    both = found[found["client_id"].isin(["c3", "c5"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(some, both, atol=1e-6)


def test_a_copy_embeds_as_the_original(bundle, table, tmp_path):
    shutil.copytree(bundle.path, tmp_path / "elsewhere" / "bundle")
    copy = load_bundle(tmp_path / "elsewhere")
    assert copy.hash == bundle.hash
    pd.testing.assert_frame_equal(copy.embed(table), bundle.embed(table))


@pytest.mark.parametrize("name", ["weights.safetensors", "coding.json", "bundle.json"])
def test_what_is_not_as_it_was_written_is_refused(bundle, name):
    file = bundle.path / name
    content = bytearray(file.read_bytes())
    content[-20] ^= 1
    file.write_bytes(content)
    with pytest.raises(DamagedError, match=name):
        load_bundle(bundle.path)
    file.unlink()
    with pytest.raises((DamagedError, BundleError), match=name):
        load_bundle(bundle.path)


def test_a_bundle_of_a_later_format_is_refused_in_words(bundle):
    file = bundle.path / "bundle.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": 99}))
    with pytest.raises(BundleError, match="has format 99, a later coles wrote it"):
        load_bundle(bundle.path)


def test_a_folder_that_is_no_bundle_is_refused(tmp_path):
    with pytest.raises(BundleError, match="is no bundle"):
        load_bundle(tmp_path)


def test_users_names_of_columns_are_taken_and_what_lacks_is_named(bundle, table):
    frame = table.to_pandas()
    bundle.facts.columns["client_id"] = "who"
    found = bundle.embed(frame.rename(columns={"client_id": "who"}))
    pd.testing.assert_frame_equal(found, bundle.embed(frame))
    both = frame.rename(columns={"client_id": "who"}).assign(client_id="a shop")  # of which one is meant
    pd.testing.assert_frame_equal(found, bundle.embed(both))
    with pytest.raises(DataError, match="lack mcc"):
        bundle.embed(frame.drop(columns="mcc"))


def test_it_needs_no_trainer_no_cluster_and_no_server():
    heavy = ("prefect", "ray", "pyspark", "catboost", "coles_ops.training.fit", "coles_ops.tuning")
    modules = "coles_ops.inference.files, coles_ops.inference.frame"
    code = f"import sys, {modules}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
