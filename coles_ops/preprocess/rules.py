"""Rules a single row must keep; a row that breaks one is left out of all that follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coles_ops.config.sections import Validation
from coles_ops.datasets.base import Dataset
from coles_ops.datasets.names import shown_name
from coles_ops.schema import BROKEN, CLIENT, SEQUENCE, TIME
from coles_ops.sources import ROW_FAULT

if TYPE_CHECKING:
    from datetime import datetime

    from pyspark.sql import DataFrame


def row_rules(dataset: Dataset, validation: Validation) -> dict[str, str]:
    """Rule name to a Spark SQL predicate that is true, and never null, for a good row."""
    rules = {
        f"{CLIENT} is given": f"trim(coalesce({CLIENT}, '')) != ''",
        f"{TIME} is a time": f"{TIME} IS NOT NULL",
    }
    if validation.time_min:
        bound = _timestamp(validation.time_min)
        rules[f"{TIME} is not before {validation.time_min:%Y-%m-%d %H:%M:%S}"] = f"coalesce({TIME} >= {bound}, true)"
    if validation.time_max:
        bound = _timestamp(validation.time_max)
        rules[f"{TIME} is not after {validation.time_max:%Y-%m-%d %H:%M:%S}"] = f"coalesce({TIME} <= {bound}, true)"
    else:
        rules[f"{TIME} is not after tomorrow"] = f"coalesce({TIME} < current_date() + 2, true)"
    for amount in (*dataset.amounts, *((SEQUENCE,) if dataset.ordered else ())):
        finite = f"coalesce(abs(`{amount}`) < double('inf') AND NOT isnan(`{amount}`), false)"
        rules[f"{shown_name(amount)} is finite"] = finite
    for column, values in validation.known.items():
        listed = ", ".join("'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'" for value in values)
        rules[f"{column} is known"] = f"coalesce(`{dataset.stored(column)}` IN ({listed}), true)"
    return rules


def mark_broken_rows(frame: DataFrame, rules: dict[str, str]) -> DataFrame:
    """Add ``broken_rule``: null for a row that keeps every rule, else its fault, or the names of those it breaks."""
    from pyspark.sql import functions as F

    good = F.expr(" AND ".join(f"({predicate})" for predicate in rules.values()))
    broken = [F.when(~F.expr(predicate), F.lit(f"not: {name}")) for name, predicate in rules.items()]
    reason = F.when(~good, F.concat_ws("; ", *broken))
    reason = F.coalesce(ROW_FAULT, reason) if ROW_FAULT in frame.columns else reason
    return frame.withColumn(BROKEN, reason).drop(ROW_FAULT)


def _timestamp(value: datetime) -> str:
    return f"timestamp'{value:%Y-%m-%d %H:%M:%S%z}'".replace("+0000'", "Z'")
