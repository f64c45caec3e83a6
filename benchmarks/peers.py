"""The stock peer with the same weights on the same events: ptls' own classes, as its examples put them together."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from benchmarks.preprocess import coles_preprocess, write_raw
from coles_ops.config import Training, load_config
from coles_ops.samplers import Slices
from coles_ops.store import EventStore


@contextmanager
def made_store(clients: int, events: int) -> Iterator[EventStore]:
    """A store of made-up clients, two in five labelled, lengths log-normal; gone when the block ends."""
    with TemporaryDirectory(prefix="coles-bench-") as scratch:
        folder = Path(scratch)
        write_raw(folder / "raw", clients, events)
        config = load_config("synthetic", {"dataset.folder": str(folder / "raw")})
        yield coles_preprocess(config, folder).store


def stock_module(store: EventStore, spec: Training, weights: dict[str, torch.Tensor] | None = None) -> Any:
    """``CoLESModule`` around ``TrxEncoder`` and ``RnnSeqEncoder``, with weights of ours."""
    from ptls.frames.coles import CoLESModule
    from ptls.nn import RnnSeqEncoder, TrxEncoder

    from coles_ops.encoders import build_encoder

    ours = build_encoder(store.schema, spec.built_encoder(store.schema), spec.seed)
    table = {name: {"in": e.num_embeddings, "out": e.embedding_dim} for name, e in ours.trx_encoder.embeddings.items()}
    numbers = dict.fromkeys(store.schema.amounts, "identity")
    trx = TrxEncoder(table, numbers, use_batch_norm=False, embeddings_noise=spec.encoder.noise)
    encoder = RnnSeqEncoder(trx, hidden_size=spec.encoder.size, type=spec.encoder.name)
    encoder.load_state_dict(weights or ours.state_dict())
    return CoLESModule(
        encoder,
        optimizer_partial=partial(torch.optim.Adam, lr=spec.optimiser.learning_rate),
        lr_scheduler_partial=partial(torch.optim.lr_scheduler.StepLR, step_size=30, gamma=0.9025),
    )


def stock_trainer(**more: Any) -> Any:
    """Lightning with nothing on that would cost it time."""
    import logging
    import warnings

    import pytorch_lightning as pl

    warnings.filterwarnings("ignore", module="pytorch_lightning")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    quiet = ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary")
    return pl.Trainer(accelerator="cpu", **dict.fromkeys(quiet, False), **more)


def stock_batches(store: EventStore, drawn: list[Slices]) -> Any:
    """A loader of slices of ours, batch by batch as ``ColesDataset.collate_fn`` would give them."""
    batches = [_stock_batch(store, slices) for slices in drawn]
    return torch.utils.data.DataLoader(batches, batch_size=None, collate_fn=lambda batch: batch)  # stays a tuple


def _stock_batch(store: EventStore, slices: Slices) -> tuple[Any, torch.Tensor]:
    from ptls.data_load.utils import collate_feature_dict

    records = []
    for position in torch.split(slices.position, slices.length.tolist()):
        own = position.numpy()
        record = {"event_time": torch.from_numpy(store.time[own] // 1_000_000)}
        for name, column in store.columns.items():
            record[name] = torch.from_numpy(
                column[own].astype("int32" if name in store.schema.categories else "float32")
            )
        records.append(record)
    return collate_feature_dict(records), slices.client
