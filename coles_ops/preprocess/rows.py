"""Raw events to rows on disk, by Spark, once: every later stage reads these rows and not the raw files.

Clients and categories lie in Parquet as dictionaries and positions in them, so that counting and coding are
arithmetic on integers: each text is looked at once a row group, and no join or shuffle is needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from coles_ops.artefacts import code_version, fingerprint, home, publish
from coles_ops.config import Config
from coles_ops.preprocess.rules import BROKEN, judge, row_rules
from coles_ops.preprocess.session import spark_session
from coles_ops.schema import CLIENT, EVENTS, TIME

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Group = tuple[Path, int]  # a Parquet file and the number of a row group in it
NULL = "\x00"  # a missing value is a value of its own; no text from a file holds this character


def canonical_rows(config: Config) -> Path:
    """The folder of a dataset's rows, made where it lacks.

    ``rows/`` holds the canonical columns and ``broken_rule``, null for a good row. ``counts.parquet`` holds, of the
    good rows, the events of every client and category value: column, value, n_events, by value.
    """
    code = code_version("coles_ops/preprocess/rows.py", "coles_ops/preprocess/rules.py", "coles_ops/datasets")
    key = fingerprint(config.dataset, row_rules(config), *config.dataset.files(), code)
    target = home() / "store" / f"{key}-rows"
    if not target.exists():
        with publish(target) as folder:
            with spark_session(config.resources) as spark:
                _write(config, judge(config.dataset.events(spark), row_rules(config)), folder / "rows")
            counts = [count_values(folder / "rows", name) for name in (CLIENT, *config.dataset.categories)]
            pd.concat(counts).to_parquet(folder / "counts.parquet", index=False)
    return target


def _write(config: Config, rows: DataFrame, folder: Path) -> None:
    writer = rows.write.option("compression", "lz4_raw").option("parquet.dictionary.page.size", str(64 << 20))
    for column in (TIME, *config.dataset.amounts):  # seldom the same twice
        writer = writer.option(f"parquet.enable.dictionary#{column}", "false")
    writer.parquet(str(folder))


def row_groups(folder: Path) -> list[Group]:
    """All row groups, which are what is read at a time."""
    files = sorted(folder.glob("*.parquet"))
    return [(file, group) for file in files for group in range(pq.read_metadata(file).num_row_groups)]


def read_good(group: Group, text: list[str], other: list[str] | None = None) -> pa.Table:
    """The good rows of a group, one chunk a column; ``text`` columns as dictionaries."""
    file, number = group
    table = pq.ParquetFile(file, read_dictionary=text).read_row_group(number, [*text, *(other or []), BROKEN])
    if table[BROKEN].null_count < len(table):
        table = table.filter(pc.is_null(table[BROKEN]))
    return table.drop_columns(BROKEN).unify_dictionaries().combine_chunks()


def count_values(folder: Path, name: str) -> pd.DataFrame:
    """Events of every value of a column among the good rows: column, value and n_events, by value."""
    total = pa.table({"value": pa.array([], pa.string()), EVENTS: pa.array([], pa.int64())})
    for group in row_groups(folder):
        for chunk in read_good(group, [name])[name].chunks:
            found = pc.value_counts(chunk)
            more = pa.table({"value": found.field("values").cast(pa.string()), EVENTS: found.field("counts")})
            both = pa.concat_tables([total, more]).group_by("value").aggregate([(EVENTS, "sum")])
            total = pa.table({"value": both["value"], EVENTS: both[f"{EVENTS}_sum"]})
    total = total.set_column(0, "value", total["value"].fill_null(NULL)).sort_by("value")
    return total.to_pandas().assign(column=name)


def read_counts(folder: Path, column: str) -> pd.DataFrame:
    """What was counted of a column: value and n_events, by value."""
    counts = pd.read_parquet(folder / "counts.parquet", filters=[("column", "==", column)])
    return counts[["value", EVENTS]].reset_index(drop=True)


def positions(column: pa.ChunkedArray, values: pa.Array) -> pa.Array:
    """Of each text of a column of one chunk its position in ``values``, which must hold them all."""
    chunk = column.chunk(0)
    place = pc.index_in(pa.concat_arrays([chunk.dictionary, pa.array([NULL])]), values)
    found = place.take(chunk.indices.fill_null(len(chunk.dictionary)))
    assert not found.null_count, "a value that was not counted"
    return found
