"""The raw rows and labels as they were read: what every later stage works from, and not the raw files.

Clients and categories lie in Parquet as dictionaries and positions in them, so that counting and coding are
arithmetic on integers: each text is looked at once a row group, and no join or shuffle is needed. A folder holds::

    rows/            client_id, event_time, categories, amounts, broken_rule; row_remark where the source gives it
    counts.parquet   of the good rows the events of every client and category value, of reasons and remarks the rows,
                     and of every client the late events, which are in no file
    targets.parquet  client_id, label, group_id, cut
    dataset.json     how their files were read
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from coles_ops.artefacts import Artefact, read_json, reading, write_json
from coles_ops.schema import BROKEN, CLIENT, CUT, EVENTS, GROUP, LABEL, REMARK

RowGroup = tuple[Path, int]  # a Parquet file and the number of a row group in it
COUNTS = pa.schema({"column": pa.string(), "value": pa.string(), EVENTS: pa.int64()})


class Rows(Artefact):
    """Canonical rows, each good or with the rule it breaks; what was counted of them; and the labels."""

    @property
    def folder(self) -> Path:
        """The Parquet files of the rows."""
        return self.path / "rows"

    @property
    def targets_file(self) -> Path:
        """The labelled clients, each once: client_id, label, group_id, cut."""
        return self.path / "targets.parquet"

    def row_groups(self) -> list[RowGroup]:
        """All row groups, which are what is read at a time."""
        return [(file, group) for file in sorted(self.folder.glob("*.parquet")) for group in range(_groups(file))]

    def counts(self, column: str) -> pd.DataFrame:
        """What was counted of a column: value and n_events, by value."""
        with reading(self.path / "counts.parquet") as file:
            counts = pd.read_parquet(file, filters=[("column", "==", column)])
        return counts[["value", EVENTS]].reset_index(drop=True)

    def values(self, category: str) -> pa.Array:
        """(V,) values of a category in ascending order, ``NULL`` for a missing one."""
        return pa.array(self.counts(category)["value"], pa.string())

    @property
    def clients(self) -> pd.DataFrame:
        """client_id and n_events of every client with a good row, by id."""
        return self.counts(CLIENT).rename(columns={"value": CLIENT})

    @property
    def late(self) -> pd.DataFrame:
        """client_id and n_events of every client with events that were left out as late, by id."""
        return self.counts(CUT).rename(columns={"value": CLIENT})

    @property
    def cut(self) -> dict[str, int]:
        """How many events were late, of how many clients, and how many of these have no other events."""
        late = self.late
        emptied = ~late[CLIENT].isin(self.clients[CLIENT])
        return {"events": int(late[EVENTS].sum()), "clients": len(late), "emptied": int(emptied.sum())}

    @property
    def targets(self) -> pd.DataFrame:
        """client_id, label, group_id and cut, null where there is none, of every labelled client, by id."""
        with reading(self.targets_file) as file:
            return pd.read_parquet(file)

    @property
    def reasons(self) -> dict[str, int]:
        """Why rows are left out, to their number."""
        return dict(self.counts(BROKEN).itertuples(index=False, name=None))

    @property
    def remarks(self) -> dict[str, int]:
        """What is strange about rows that are used, to their number."""
        return dict(self.counts(REMARK).itertuples(index=False, name=None))

    def broken(self) -> Iterator[pa.Table]:
        """The rows that break a rule, with the reason, a row group at a time."""
        for file, group in self.row_groups():
            with reading(file):
                table = pq.ParquetFile(file).read_row_group(group)
            yield table.filter(pc.is_valid(table[BROKEN])).rename_columns({BROKEN: "reason"})

    def write_counts(self, counts: pa.Table) -> None:
        """Rows (column, value, n_events) in any order; each pair once."""
        pq.write_table(counts.sort_by([("column", "ascending"), ("value", "ascending")]), self.path / "counts.parquet")

    @property
    def dataset(self) -> dict[str, Any]:
        """How the files were read: the options of the dataset, with what was seen of the files."""
        return read_json(self.path / "dataset.json")

    def write_dataset(self, options: dict[str, Any]) -> None:
        """What ``dataset`` reads."""
        write_json(self.path / "dataset.json", options)

    def write_targets(self, targets: pa.Table) -> None:
        """Rows in any order."""
        if CUT not in targets.column_names:
            targets = targets.append_column(CUT, pa.nulls(len(targets), pa.timestamp("us", "UTC")))
        columns = [CLIENT, LABEL, GROUP, CUT]
        pq.write_table(targets.select(columns).sort_by([(name, "ascending") for name in columns]), self.targets_file)


def read_good(group: RowGroup, columns: list[str]) -> pa.Table:
    """The good rows of a group, one chunk a column."""
    file, number = group
    with reading(file):
        table = pq.ParquetFile(file).read_row_group(number, [*columns, BROKEN])
    return good(table).unify_dictionaries().combine_chunks()


def good(rows: pa.Table) -> pa.Table:
    """Rows that break no rule, without that column."""
    if rows[BROKEN].null_count < len(rows):
        rows = rows.filter(pc.is_null(rows[BROKEN]))
    return rows.drop_columns(BROKEN)


def _groups(file: Path) -> int:
    with reading(file):
        return pq.read_metadata(file).num_row_groups
