"""New events embedded by the workers of a Spark cluster, a shard of clients at a time.

Spark and not Ray Data: Spark has read the rows, so the shuffle that brings a client's events together is all that is
left to do, and no second cluster is needed. Each shard becomes a part of its own, so what is there is not made again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import torch

from coles_ops.artefacts.embeddings import Embeddings
from coles_ops.artefacts.rows import Rows
from coles_ops.coding import code_events
from coles_ops.config import Resources
from coles_ops.inference.bundle import Bundle, load_bundle
from coles_ops.inference.frame import embed_coded, summarise
from coles_ops.preprocess.session import spark_session
from coles_ops.schema import BROKEN, CLIENT, EVENTS, TIME

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

EVENTS_OF_SHARD = 2_000_000  # of a shard, about: what a worker holds at a time
SHARD = "shard"


def embed_on_cluster(bundle: Bundle, rows: Rows, made: Embeddings, resources: Resources) -> None:
    """Write the parts that are not there yet; a part holds the clients whose ids fall to it by their hash.

    Workers read the bundle and the rows and write the parts, so all three lie where every worker sees them.
    """
    shards = max(1, -(-int(rows.clients[EVENTS].sum()) // EVENTS_OF_SHARD))
    wanted = [number for number in range(shards) if not made.part(number).exists()]
    with spark_session(resources) as spark:
        good = spark.read.parquet(str(rows.folder)).where(f"{BROKEN} IS NULL")
        _sharded(good, bundle, shards, wanted).mapInArrow(Worker(bundle.path, made), f"{SHARD} int").collect()


def _sharded(good: DataFrame, bundle: Bundle, shards: int, wanted: list[int]) -> DataFrame:
    """The rows of the shards that are wanted, each in a partition of its own."""
    from pyspark.sql import functions as F

    features = bundle.coding.features
    columns = [F.col(f"`{name}`") for name in (CLIENT, TIME, *features.raw)]
    shard = F.pmod(F.xxhash64(CLIENT), F.lit(shards)).cast("int").alias(SHARD)
    return good.select(shard, *columns).where(F.col(SHARD).isin(wanted)).repartitionById(shards, SHARD)


@dataclass(frozen=True)
class Worker:
    """What a worker does with a partition."""

    bundle: Path
    made: Embeddings

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Write the part of a shard; yields its number."""
        held = [batch for batch in batches if batch.num_rows]
        if held:
            table, bundle = pa.Table.from_batches(held), _loaded(self.bundle)
            number = table[SHARD][0].as_py()
            coded = code_events(bundle.coding, table)
            self.made.write_part(number, coded.ids, embed_coded(bundle, coded), summarise(bundle, coded, coded.unknown))
            yield pa.RecordBatch.from_arrays([pa.array([number], pa.int32())], [SHARD])


@lru_cache(maxsize=1)
def _loaded(path: Path) -> Bundle:
    torch.set_num_threads(1)  # a worker a core
    return load_bundle(path)
