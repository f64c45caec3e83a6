"""New events embedded: ``coles embed`` from Parquet to Parquet against ptls' ``inference_data_loader`` and ``predict``.

Click rows of made-up clients with the study's number of clicks each, shuffled, and a GRU of 64 with the same weights
on both sides, which reads the last 10,000 events of a client. ptls is given what its preprocessing would have made of
them, read from the disk when it is asked for, and every n-th client; its rate is that of their rows. The whole job of
coles begins at the raw file: it judges the rows, codes and sorts the events and writes Parquet. Each side runs in a
process of its own; peaks are proportional set sizes, Spark's JVM included.
"""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import torch

from benchmarks.measure import Result, alone, main, where
from benchmarks.preprocess import coles_preprocess, write_raw
from benchmarks.scale import CLICKS, EACH, apart, config_of, store_of
from coles_ops.config import Embedding, Resources, Training
from coles_ops.exchange import PtlsView
from coles_ops.schema import CLIENT
from coles_ops.usage import measure

_SPEC, _EMBEDDING = Training(), Embedding()
_BATCH = 32  # clients that ptls pads to the longest of them; its default of 512 takes more memory than there is here


def run(quick: bool) -> list[Result]:
    """126.75 M and 10 M clicks; quick: 0.3 M."""
    results = []
    with TemporaryDirectory(prefix="coles-inference-") as scratch:
        for rows in [300_000] if quick else [CLICKS, 10_000_000]:
            folder = Path(scratch) / str(rows)
            folder.mkdir()
            apart(write_raw, folder / "raw", max(400, rows // EACH), rows, "clickstream")
            apart(write_initial_bundle, folder)
            results += _side_by_side(folder, rows)
            shutil.rmtree(folder)
    return results


def _side_by_side(folder: Path, rows: int) -> list[Result]:
    job, ours, peer = apart(_job, folder), apart(_ours, folder), apart(_peer, folder)
    for found in (job, ours):
        np.testing.assert_allclose(found.pop("sample"), peer["sample"], atol=1e-4)
    del peer["sample"]
    size, rate, other = f"{rows / 1e6:.5g} M rows", rows / ours["seconds"], peer["rows"] / peer["seconds"]
    speed = {"name": f"embed {size}", "ratio": round(rate / other, 2), "ours": rate, "peer": other, "units": "rows/s"}
    return [
        speed | where() | {"facts": {"job": job, "ours": ours, "peer": peer}},
        alone(f"embed {size}: peak", ours["peak_gb"], "GB", "") | {"peer": peer["peak_gb"]},
        alone(f"coles embed, {size}, from raw Parquet to Parquet", rows / job["seconds"], "rows/s", ""),
        alone(f"coles embed, {size}: peak", job["peak_gb"], "GB", ""),
    ]


def write_initial_bundle(folder: Path) -> None:
    """The coding of the events with an encoder never trained: how long it takes does not depend on weights."""
    from coles_ops.encoders import build_encoder
    from coles_ops.inference.bundle import Facts, write_bundle

    config = config_of(folder)
    events = coles_preprocess(config, folder)
    encoder = build_encoder(events.store.schema, _SPEC.encoder, _SPEC.seed)
    facts = Facts(
        name="initial", encoder=_SPEC.encoder.model_dump(mode="json"), embedding_size=_SPEC.encoder.size,
        max_events=_EMBEDDING.max_events, long_histories=_EMBEDDING.long_histories,
        columns=config.dataset.source_columns, dataset=config.dataset.model_dump(mode="json"),
        validation=config.validation.model_dump(mode="json"), metrics={}, run="", trial="", inputs=[], code="",
        versions={},
    )  # fmt: skip
    write_bundle(folder / "bundle", facts, events.coding, encoder)


def _job(folder: Path) -> dict[str, Any]:
    from coles_ops.inference.bundle import load_bundle
    from coles_ops.inference.files import embed_files
    from coles_ops.inference.settings import settings_of

    bundle, events = load_bundle(folder / "bundle"), str(folder / "raw" / "clickstream.parquet")
    validation, resources = settings_of(bundle)
    with measure() as usage:
        made = embed_files(bundle, events, folder / "embeddings", validation, resources)
    table, store = pd.concat(map(pd.read_parquet, made.parts)).set_index(CLIENT), store_of(folder)
    return _facts(usage) | {"sample": table.loc[store.ids[_sample(store.lengths)]].to_numpy()}


def _ours(folder: Path) -> dict[str, Any]:
    from coles_ops.inference.bundle import load_bundle
    from coles_ops.inference.frame import embed_coded

    torch.set_num_threads(Resources().cores)
    bundle, store = load_bundle(folder / "bundle"), store_of(folder)
    with measure() as usage:
        found = embed_coded(bundle, store)
    return _facts(usage) | {"sample": found[_sample(store.lengths)]}


def _peer(folder: Path) -> dict[str, Any]:
    from ptls.data_load.datasets import inference_data_loader
    from ptls.frames.inference_module import InferenceModule

    from benchmarks.peers import stock_module, stock_trainer
    from coles_ops.inference.bundle import load_bundle

    torch.set_num_threads(Resources().cores)
    store = store_of(folder)
    rows = _sample(store.lengths)
    weights = load_bundle(folder / "bundle").encoder.state_dict()
    module = InferenceModule(stock_module(store, _SPEC, weights).seq_encoder, pandas_output=False, model_out_name="e")
    with measure() as usage:
        loader = inference_data_loader(PtlsView(store, rows), num_workers=0, batch_size=_BATCH)
        found = torch.cat([batch["e"] for batch in stock_trainer().predict(module, loader)]).numpy()
    return _facts(usage) | {"rows": int(store.lengths[rows].sum()), "sample": found}


def _sample(lengths: np.ndarray) -> np.ndarray:
    """Rows of every n-th client: enough for a steady rate, and no more than ptls embeds in minutes."""
    return np.arange(0, len(lengths), max(1, len(lengths) // 300))


def _facts(usage: Any) -> dict[str, float]:
    return {"seconds": usage.seconds, "peak_gb": usage.peak_mb / 1024}


if __name__ == "__main__":
    main(__doc__, run)
