"""Raw events to rows on disk, by Spark, once: every later stage reads these rows and not the raw files.

Clients and categories lie in Parquet as dictionaries and positions in them, so that counting and coding are
arithmetic on integers: each text is looked at once a row group, and no join or shuffle is needed.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from coles_ops.artefacts import code_version, fingerprint, home, intact, publish, reading
from coles_ops.config import Config
from coles_ops.preprocess.rules import BROKEN, judge, row_rules
from coles_ops.preprocess.session import spark_session
from coles_ops.run import Run
from coles_ops.schema import CLIENT, EVENTS, NULL, REMARK, TIME

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Group = tuple[Path, int]  # a Parquet file and the number of a row group in it


def canonical_rows(run: Run) -> Path:
    """The folder of the rows of a run's input files, made where it lacks.

    Its key holds the digests that the run was opened on; files that are other ones by now are refused.
    ``rows/`` holds the canonical columns and ``broken_rule``, null for a good row. ``counts.parquet`` holds, of the
    good rows, the events of every client and category value, and of every reason and remark its rows: column, value,
    n_events, by value.

    Raises:
        DataError: an input file was changed since the run was opened.
    """
    config = run.config
    code = code_version("coles_ops.preprocess.rows", type(config.dataset).__module__)
    key = fingerprint(config.dataset, row_rules(config), run.digests, code)
    target = home() / "store" / f"{key}-rows"
    run.uses(target)
    if not intact(target):
        with publish(target) as folder:
            with spark_session(config.resources) as spark, run.reading_inputs():
                _write(config, judge(config.dataset.events(spark), row_rules(config)), folder / "written")
            (folder / "rows").mkdir()
            counts = _compact(folder / "written", folder / "rows", [CLIENT, *config.dataset.categories], config)
            counts.to_parquet(folder / "counts.parquet", index=False)
            (folder / "written").rmdir()
    return target


def _write(config: Config, rows: DataFrame, folder: Path) -> None:
    """By Spark; dictionaries of many values and statistics cost its writer more than all else together."""
    writer = rows.write.option("compression", "lz4_raw").option("parquet.column.statistics.enabled", "false")
    writer = writer.option("parquet.size.statistics.enabled", "false")
    for column in (CLIENT, TIME, *config.dataset.amounts):
        writer = writer.option(f"parquet.enable.dictionary#{column}", "false")
    writer.parquet(str(folder))


def _compact(source: Path, target: Path, names: list[str], config: Config) -> pd.DataFrame:
    """Move the rows, text as dictionaries, and count the good rows' events of every value on the way."""

    def work(number: int, file: Path) -> list[pa.Table]:
        parquet = pq.ParquetFile(file, read_dictionary=names)
        found = []
        place = target / f"part-{number:05d}.parquet"  # not Spark's name, which is another one each time
        with pq.ParquetWriter(place, parquet.schema_arrow, compression="lz4", use_dictionary=names) as out:
            for group in range(parquet.num_row_groups):
                table = parquet.read_row_group(group)
                out.write_table(table)
                found.append(_tally(table, names))
        file.unlink()
        return found

    total = pa.table(
        {"column": pa.array([], pa.string()), "value": pa.array([], pa.string()), EVENTS: pa.array([], pa.int64())}
    )
    with ThreadPoolExecutor(config.resources.cores) as pool:
        for found in pool.map(work, count(), sorted(source.glob("*.parquet"))):
            total = pa.concat_tables([total, *found]).group_by(["column", "value"]).aggregate([(EVENTS, "sum")])
            total = total.rename_columns(["column", "value", EVENTS])
    for file in source.iterdir():
        file.unlink()
    total = total.set_column(1, "value", total["value"].fill_null(NULL))
    return total.sort_by([("column", "ascending"), ("value", "ascending")]).to_pandas()


def _tally(table: pa.Table, names: list[str]) -> pa.Table:
    """Rows (column, value, n_events) of the good rows of a table, and of all its reasons and remarks."""
    good, tables = _good(table), []
    notes = [(name, table[name].drop_null()) for name in (BROKEN, REMARK) if name in table.column_names]
    for name, column in [*((name, good[name]) for name in names), *notes]:
        for chunk in column.chunks:
            found = pc.value_counts(chunk)
            value = found.field("values").cast(pa.string())
            tables.append(
                pa.table(
                    {
                        "column": pa.array([name] * len(value), pa.string()),
                        "value": value,
                        EVENTS: found.field("counts"),
                    }
                )
            )
    return pa.concat_tables(tables)


def _good(rows: pa.Table) -> pa.Table:
    if rows[BROKEN].null_count < len(rows):
        rows = rows.filter(pc.is_null(rows[BROKEN]))
    return rows.drop_columns(BROKEN)


def row_groups(folder: Path) -> list[Group]:
    """All row groups, which are what is read at a time."""
    return [(file, group) for file in sorted(folder.glob("*.parquet")) for group in range(_groups(file))]


def _groups(file: Path) -> int:
    with reading(file):
        return pq.read_metadata(file).num_row_groups


def read_good(group: Group, columns: list[str]) -> pa.Table:
    """The good rows of a group, one chunk a column."""
    file, number = group
    with reading(file):
        table = pq.ParquetFile(file).read_row_group(number, [*columns, BROKEN])
    return _good(table).unify_dictionaries().combine_chunks()


def read_counts(folder: Path, column: str) -> pd.DataFrame:
    """What was counted of a column: value and n_events, by value."""
    with reading(folder / "counts.parquet") as file:
        counts = pd.read_parquet(file, filters=[("column", "==", column)])
    return counts[["value", EVENTS]].reset_index(drop=True)
