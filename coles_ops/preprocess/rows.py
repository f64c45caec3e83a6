"""Raw events and labels to rows on disk, by Spark, once."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from coles_ops.artefacts import code_version, fingerprint, home, intact, publish
from coles_ops.artefacts.rows import COUNTS, Rows, good
from coles_ops.datasets.base import Dataset
from coles_ops.preprocess.cuts import Cuts
from coles_ops.preprocess.rules import mark_broken_rows, row_rules
from coles_ops.preprocess.session import spark_session
from coles_ops.run import Run
from coles_ops.schema import BROKEN, CLIENT, CUT, EVENTS, NULL, REMARK, SEQUENCE, TIME
from coles_ops.sources import IN_ROW

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

log = logging.getLogger("coles.read")


def read_rows(run: Run) -> Rows:
    """Read the raw events and labels, judge every row by the row rules, leave out late ones and count every value.

    Its key holds the digests that the run was opened on; files that are other ones by now are refused.

    Raises:
        DataError: a column lacks, labels contradict each other, or an input file was changed since the run was opened.
    """
    config = run.config
    code = code_version("coles_ops.preprocess.rows", type(config.dataset).__module__)
    rules = row_rules(config.dataset, config.validation)
    key = fingerprint(config.dataset, rules, run.digests, code)
    rows = Rows(path=home().store / f"{key}-rows", fingerprint=key)
    run.uses(rows.path)
    if intact(rows.path):
        return rows.model_copy(update={"cached": True})
    with publish(rows.path) as folder:
        new = Rows(path=folder, fingerprint=key)
        with spark_session(config.resources) as spark, run.reading_inputs():
            new.write_targets(config.dataset.targets(spark).toArrow())  # first: its mistakes are found in seconds
            dataset = config.dataset.as_read()  # by which the events are read: nothing is looked at twice
            new.write_dataset(dataset.model_dump(mode="json"))
            events = mark_broken_rows(dataset.events(spark), rules)
            write_rows(new, events, dataset, config.resources.cores, Cuts.of(dataset, new.targets))
    _tell_late(rows)
    return rows


def _tell_late(rows: Rows) -> None:
    if (cut := rows.cut)["events"]:
        told = (f"{n:,}" for n in cut.values())
        log.info("%s events at or after the cut of %s clients are left out; %s of these have no event before it", *told)


def write_rows(rows: Rows, events: DataFrame, dataset: Dataset, threads: int, cuts: Cuts) -> None:
    """Write canonical rows, each good or with the rule it breaks, but for late ones, and count every value.

    Args:
        rows: names an empty folder.
        events: as ``mark_broken_rows`` gives them.
        dataset: names categories and amounts.
        threads: files worked on at a time, once Spark has written them.
        cuts: from which on rows are late.
    """
    written = rows.path / "written"
    _write(events, (CLIENT, TIME, SEQUENCE, *dataset.amounts), written)
    rows.write_counts(_compact(written, rows.folder, [CLIENT, *dataset.categories], threads, cuts))


def _write(events: DataFrame, various: tuple[str, ...], folder: Path) -> None:
    """By Spark; dictionaries of ``various`` values and statistics cost its writer more than all else together."""
    writer = events.write.option("compression", "lz4_raw").option("parquet.column.statistics.enabled", "false")
    writer = writer.option("parquet.size.statistics.enabled", "false")
    for column in various:
        writer = writer.option(f"parquet.enable.dictionary#{column}", "false")
    writer.parquet(str(folder))


def _compact(source: Path, target: Path, names: list[str], threads: int, cuts: Cuts) -> pa.Table:
    """Move the rows that are not late, text as dictionaries, and count the good rows' events of every value."""
    target.mkdir()

    def work(number: int, file: Path) -> list[pa.Table]:
        parquet = pq.ParquetFile(file, read_dictionary=names)
        found = []
        place = target / f"part-{number:05d}.parquet"  # not Spark's name, which is another one each time
        with pq.ParquetWriter(place, parquet.schema_arrow, compression="lz4", use_dictionary=names) as out:
            for group in range(parquet.num_row_groups):
                table = parquet.read_row_group(group)
                if cuts:
                    late = cuts.late(table)
                    found.append(_counts(CUT, table.filter(late)[CLIENT]))
                    table = table.filter(pc.invert(late))
                out.write_table(table)
                found.append(_tally(table, names))
        file.unlink()
        return found

    total = COUNTS.empty_table()
    with ThreadPoolExecutor(threads) as pool:
        for found in pool.map(work, count(), sorted(source.glob("*.parquet"))):
            total = pa.concat_tables([total, *found]).group_by(["column", "value"]).aggregate([(EVENTS, "sum")])
            total = total.rename_columns(COUNTS.names)
    for file in source.iterdir():
        file.unlink()
    source.rmdir()
    return total.set_column(1, "value", total["value"].fill_null(NULL))


def _tally(table: pa.Table, names: list[str]) -> pa.Table:
    """Rows (column, value, n_events) of the good rows of a table, and of all its reasons and remarks."""
    whole = good(table)
    notes = [(name, _kind(table[name].drop_null())) for name in (BROKEN, REMARK) if name in table.column_names]
    return pa.concat_tables(
        [_counts(name, column) for name, column in [*((name, whole[name]) for name in names), *notes]]
    )


def _kind(notes: pa.ChunkedArray) -> pa.ChunkedArray:
    """What is said of rows, without the text of a row: that is in the rows alone."""
    return pc.list_element(pc.split_pattern(notes, IN_ROW, max_splits=1), 0)


def _counts(name: str, column: pa.ChunkedArray) -> pa.Table:
    """Rows (column, value, n_events) of a column; a value may come several times."""
    tables = [COUNTS.empty_table()]
    for chunk in column.chunks:
        found = pc.value_counts(chunk)
        value = found.field("values").cast(pa.string())
        tables.append(pa.table([pa.array([name] * len(value)), value, found.field("counts")], schema=COUNTS))
    return pa.concat_tables(tables)
