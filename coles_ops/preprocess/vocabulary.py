"""Codes of category values: in the shards by the order of values, in the store by falling frequency.

Store codes are 0 padding, 1..n by falling frequency among the clients that fit statistics, n + 1 unknown.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coles_ops.config import Preprocess
from coles_ops.schema import CLIENT, EVENTS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_NULL = "\x00"  # a missing value is a value of its own; no text from a file holds this character


def count_values(events: DataFrame, categories: tuple[str, ...]) -> DataFrame:
    """Rows (column, value, n_events) of every client and category value, in one pass over the events."""
    from pyspark.sql import functions as F

    pairs = [f"0, {CLIENT}", *(f"{i}, coalesce(`{name}`, '{_NULL}')" for i, name in enumerate(categories, start=1))]
    stacked = events.selectExpr(f"stack({len(pairs)}, {', '.join(pairs)}) AS (column, value)")
    counts = stacked.groupBy("column", "value").agg(F.count("*").alias(EVENTS))
    names = F.array(*map(F.lit, (CLIENT, *categories)))  # grouped by a number, which is quicker to compare
    return counts.withColumn("column", F.element_at(names, F.col("column") + 1))


def read_counts(folder: Path, column: str) -> pd.DataFrame:
    """What ``count_values`` found of a column: value and n_events, by value."""
    counts = pd.read_parquet(folder, filters=[("column", "==", column)], columns=["value", EVENTS])
    return counts.sort_values("value", ignore_index=True)


def encode(events: DataFrame, values: dict[str, list[str]]) -> DataFrame:
    """Replace the values of each column by their int positions in ``values``, which must hold them all."""
    from pyspark.sql import functions as F

    for column, known in values.items():
        table = pd.DataFrame({"value": known, "code": np.arange(len(known), dtype=np.int32)}).astype({"value": object})
        codes = F.broadcast(events.sparkSession.createDataFrame(table, "value string, code int"))
        coded = events.join(codes, F.coalesce(column, F.lit(_NULL)) == F.col("value"))
        events = coded.withColumn(column, F.col("code")).drop("value", "code")
    return events


def by_frequency(values: list[str], counts: np.ndarray, config: Preprocess) -> tuple[list[str | None], np.ndarray]:
    """The vocabulary, and the store's code of each value.

    Equal frequencies are ordered by value, so that codes do not depend on the order of files. Values rarer than
    ``min_count`` or beyond ``max_codes`` get the unknown code.

    Args:
        values: (V,) in ascending order.
        counts: (V,) events of each among the clients that may shape statistics.
        config: min_count and max_codes.

    Returns:
        Values in the order of their codes, which start at 1, None for the missing value; and (V,) codes.
    """
    order = np.argsort(-counts, kind="stable")
    kept = order[counts[order] >= config.min_count][: config.max_codes]
    codes = np.full(len(values), len(kept) + 1)
    codes[kept] = np.arange(1, len(kept) + 1)
    return [None if values[i] == _NULL else values[i] for i in kept], codes


def n_codes(vocabulary: list[str | None]) -> int:
    """Number of codes, padding and unknown included; at least 3, as an embedding table needs."""
    return max(len(vocabulary) + 2, 3)


def write_vocabulary(path: Path, vocabulary: dict[str, list[str | None]]) -> None:
    """JSON, column to values in the order of their codes, which start at 1; null is the missing value."""
    path.write_text(json.dumps(vocabulary, ensure_ascii=False, indent=0))
