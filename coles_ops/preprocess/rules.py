"""Rules a single row must keep; a row that breaks one is left out of all that follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coles_ops.config import Config
from coles_ops.schema import CLIENT, TIME

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

BROKEN = "broken_rule"


def row_rules(config: Config) -> dict[str, str]:
    """Rule name to a Spark SQL predicate that is true, and never null, for a good row."""
    rules = {
        f"{CLIENT} is given": f"trim(coalesce({CLIENT}, '')) != ''",
        f"{TIME} is a time": f"{TIME} IS NOT NULL",
    }
    if config.validation.time_min:
        bound = _timestamp(config.validation.time_min)
        rules[f"{TIME} is not before {config.validation.time_min:%Y-%m-%d %H:%M:%S}"] = (
            f"coalesce({TIME} >= {bound}, true)"
        )
    if config.validation.time_max:
        bound = _timestamp(config.validation.time_max)
        rules[f"{TIME} is not after {config.validation.time_max:%Y-%m-%d %H:%M:%S}"] = (
            f"coalesce({TIME} <= {bound}, true)"
        )
    for amount in config.dataset.amounts:
        rules[f"{amount} is finite"] = f"coalesce(abs(`{amount}`) < double('inf') AND NOT isnan(`{amount}`), false)"
    for column, values in config.validation.known.items():
        listed = ", ".join("'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'" for value in values)
        rules[f"{column} is known"] = f"coalesce(`{column}` IN ({listed}), true)"
    return rules


def judge(frame: DataFrame, rules: dict[str, str]) -> DataFrame:
    """Add ``broken_rule``: null for a row that keeps every rule, else the names of those it breaks."""
    from pyspark.sql import functions as F

    good = F.expr(" AND ".join(f"({predicate})" for predicate in rules.values()))
    broken = [F.when(~F.expr(predicate), F.lit(f"not: {name}")) for name, predicate in rules.items()]
    return frame.withColumn(BROKEN, F.when(~good, F.concat_ws("; ", *broken)))


def _timestamp(value) -> str:
    return f"timestamp'{value:%Y-%m-%d %H:%M:%S%z}'".replace("+0000'", "Z'")
