"""Frequency codes of category values: 0 padding, 1..n by falling frequency, n + 1 unknown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from coles_ops.config import Preprocess

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

FITS = "fits"  # boolean column: the row's client may shape statistics
_NULL = "\x00"  # a missing value is a value of its own; no text from a file holds this character


def count_values(events: DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """Rows of each (column, value) in one pass over the events of clients that may shape statistics."""
    from pyspark.sql import functions as F

    pairs = ", ".join(f"'{column}', coalesce(`{column}`, '{_NULL}')" for column in columns)
    stacked = events.where(FITS).selectExpr(f"stack({len(columns)}, {pairs}) AS (column, value)")
    return stacked.groupBy("column", "value").agg(F.count("*").alias("rows")).toPandas()


def build_vocabulary(counts: pd.DataFrame, columns: tuple[str, ...], config: Preprocess) -> dict[str, list[str | None]]:
    """Column to its values, the value at position i having code i + 1.

    Equal frequencies are ordered by value, so that codes do not depend on the order of files. Values rarer than
    ``min_count`` or beyond ``max_codes`` are left to the unknown code.
    """
    counts = counts[counts["rows"] >= config.min_count].sort_values(["rows", "value"], ascending=[False, True])
    found = {
        column: [None if value == _NULL else value for value in values.head(config.max_codes or len(values))]
        for column, values in counts.groupby("column", sort=False)["value"]
    }
    return {column: found.get(column, []) for column in columns}


def codes_of(vocabulary: dict[str, list[str | None]]) -> dict[str, int]:
    """Column to its number of codes, padding and unknown included; at least 3, as an embedding table needs."""
    return {column: max(len(values) + 2, 3) for column, values in vocabulary.items()}


def encode(events: DataFrame, vocabulary: dict[str, list[str | None]]) -> DataFrame:
    """Replace values by their int codes; a value that is not in the vocabulary gets the unknown code, the last."""
    from pyspark.sql import functions as F

    for column, values in vocabulary.items():
        table = pd.DataFrame(
            {"value": [_NULL if v is None else v for v in values], "code": range(1, len(values) + 1)}
        ).astype({"value": object, "code": "int32"})
        codes = F.broadcast(events.sparkSession.createDataFrame(table, "value string, code int"))
        unknown = len(values) + 1
        events = (
            events.withColumn(column, F.coalesce(column, F.lit(_NULL)))
            .join(codes, F.col(column) == F.col("value"), "left")
            .withColumn(column, F.coalesce("code", F.lit(unknown)))
            .drop("value", "code")
        )
    return events


def write_vocabulary(path: Path, vocabulary: dict[str, list[str | None]]) -> None:
    """JSON, column to values in the order of their codes, which start at 1; null is the missing value."""
    path.write_text(json.dumps(vocabulary, ensure_ascii=False, indent=0))
