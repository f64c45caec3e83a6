"""Embedding of all clients: coles against ptls' ``inference_data_loader`` and Lightning's ``predict``.

A GRU of 256 with the same weights over whole histories, their lengths log-normal. Both give all embeddings; coles also
writes them to Parquet. ptls' pandas output is off, which would cost it a data frame a client.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from benchmarks.measure import Result, compare, main
from benchmarks.peers import made_store, stock_module, stock_trainer
from benchmarks.train import SPEC
from coles_ops.artefacts.embeddings import write_features
from coles_ops.config import Embedding
from coles_ops.embedding import embed
from coles_ops.encoders import build_encoder
from coles_ops.exchange import PtlsView
from coles_ops.representations import Featurizer
from coles_ops.store import EventStore


def run(quick: bool) -> list[Result]:
    """5,000 clients and 1 M events; quick: 1,000 clients and 100,000 events."""
    with made_store(*((1_000, 100_000) if quick else (5_000, 1_000_000))) as store, TemporaryDirectory() as folder:
        return [_embed(store, Path(folder), 1 if quick else 3, np.arange(len(store.lengths)))]


def _embed(store: EventStore, folder: Path, rounds: int, rows: np.ndarray) -> Result:
    from ptls.data_load.datasets import inference_data_loader
    from ptls.frames.inference_module import InferenceModule

    model = build_encoder(store.schema, SPEC.encoder, SPEC.seed)
    records = [{k: v for k, v in r.items() if k != "client_id"} for r in PtlsView(store, rows)]
    stock = InferenceModule(
        stock_module(store, SPEC, model.state_dict()).seq_encoder, pandas_output=False, model_out_name="e"
    )
    found = {}

    def peer() -> None:
        loader = inference_data_loader(records, num_workers=0, batch_size=512)
        found["peer"] = torch.cat([batch["e"] for batch in stock_trainer().predict(stock, loader)]).numpy()

    def ours() -> None:
        describe, blocks = Featurizer(lambda block: embed(model, store, block, Embedding())), []

        def described() -> Iterator[tuple[np.ndarray, np.ndarray]]:
            for block, embeddings in describe.blocks(rows):
                blocks.append(embeddings)
                yield store.ids[block], embeddings

        write_features(folder / "embeddings.parquet", described())
        found["ours"] = np.concatenate(blocks)

    result = compare("embedding all clients, gru 256", ours, peer, rounds, store.n_events, "events")
    np.testing.assert_allclose(found["ours"], found["peer"], atol=1e-4)
    return result | {"target": "4x"}


if __name__ == "__main__":
    main(__doc__, run)
