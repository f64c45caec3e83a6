"""Raw rows to coded events on Spark, and from those the event store."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coles_ops.artefacts import code_version, fingerprint, home, publish, write_json
from coles_ops.config import Config
from coles_ops.preprocess.arrays import write_arrays
from coles_ops.preprocess.rules import good_rows, row_rules
from coles_ops.preprocess.session import spark_session
from coles_ops.preprocess.vocabulary import encode, read_counts
from coles_ops.run import Run
from coles_ops.schema import CLIENT, EVENTS, PART, ROW, TIME, Artefact

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_SHARD = "shard"
_SHARD_EVENTS = 8_000_000  # events a shard holds, about; a shard is sorted in memory


def preprocess_events(run: Run, validation: Artefact, split: Artefact) -> Artefact:
    """Code the events of all clients; writes vocabulary, scalers, manifest and the event store.

    Spark reads the raw rows once, codes them and deals them to shards of consecutive clients, without a shuffle:
    validation has counted clients and values already. Each shard is then sorted in memory. Statistics are those of
    the training clients alone. The same input gives the same bytes, whatever the order of its rows and files.
    """
    config = run.config
    key = _fingerprint(config, split)
    target = home() / "store" / key
    if target.exists():
        return Artefact(path=target, fingerprint=key, cached=True)
    clients = pd.read_parquet(split.path / "split.parquet")
    counts = {name: read_counts(validation.path / "counts", name) for name in config.dataset.categories}
    values = {name: found["value"].tolist() for name, found in counts.items()}
    with publish(target) as folder:
        shards = folder / "shards"
        with spark_session(config.resources) as spark:
            _write(_features(config, encode(_canonical(config, config.dataset.events(spark), clients), values)), shards)
        facts = write_arrays(folder, shards, clients, values, config)
        shutil.rmtree(shards)
        write_json(
            folder / "manifest.json",
            {
                "fingerprint": key,
                "dataset": config.dataset.model_dump(mode="json"),
                "clients": len(clients),
                "clients_by_part": clients[PART].value_counts().to_dict(),
                "events_by_part": clients.groupby(PART)[EVENTS].sum().to_dict(),
                "split": split.fingerprint,
                **facts,
            },
        )
    return Artefact(path=target, fingerprint=key)


def _fingerprint(config: Config, split: Artefact) -> str:
    """Of all that decides the bytes written."""
    code = code_version("coles_ops/preprocess", "coles_ops/datasets", "coles_ops/store.py")
    rules = row_rules(config)
    return fingerprint(config.dataset, config.preprocess, rules, split.fingerprint, *config.dataset.files(), code)


def _canonical(config: Config, events: DataFrame, clients: pd.DataFrame) -> DataFrame:
    """Good rows with the integer surrogate of their client and its shard."""
    from pyspark.sql import functions as F

    before = clients[EVENTS].cumsum() - clients[EVENTS]
    keys = pd.DataFrame(
        {
            CLIENT: clients[CLIENT],
            ROW: np.arange(len(clients), dtype=np.int32),
            _SHARD: (before // _SHARD_EVENTS).astype(np.int32),
        }
    )
    known = F.broadcast(events.sparkSession.createDataFrame(keys, f"{CLIENT} string, {ROW} int, {_SHARD} int"))
    return good_rows(events, row_rules(config)).join(known, CLIENT).drop(CLIENT)


def _features(config: Config, rows: DataFrame) -> DataFrame:
    """The shards' schema: surrogate, seconds, codes, sign * log1p of the amounts."""
    from pyspark.sql import functions as F

    return rows.select(
        _SHARD,
        ROW,
        F.col(TIME).cast("long").alias("time"),
        *config.dataset.categories,
        *(_signed_log(F.col(amount)).cast("float").alias(amount) for amount in config.dataset.amounts),
    )


def _signed_log(amount: Column) -> Column:
    from pyspark.sql import functions as F

    return F.signum(amount) * F.log1p(F.abs(amount))


def _write(events: DataFrame, folder: Path) -> None:
    """A folder ``shard=N`` of Parquet a shard; plain pages and lz4, as each file is read once and removed."""
    writer = events.write.partitionBy(_SHARD).option("compression", "lz4_raw")
    writer.option("parquet.enable.dictionary", "false").parquet(str(folder))
