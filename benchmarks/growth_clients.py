"""Clients of the growth benchmark: ever more without a label beside the same few with one, all by the generator.

The first clients it makes are set apart, and those with a label among them are scored; a draw of N others comes after.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy.special import expit

from coles_ops.artefacts.rows import COUNTS, Rows
from coles_ops.config import Config, load_config
from coles_ops.generator import STRENGTH
from coles_ops.preprocess.arrays import write_arrays
from coles_ops.schema import BROKEN, CLIENT, GROUP, LABEL, PART, TIME, Part
from coles_ops.store import EventStore

_USER, _WHEN = "user_id", "transaction_dttm"  # as the generator has them
SETTINGS = {
    "dataset.modality": "transactions",
    "dataset.label_by": ["mix", "order"],
    "training.encoder": {"name": "gru", "size": 32, "readout": "mean"},
    "training.sampler": {"name": "sample_slices", "slices": 3, "min": 10, "max": 60},
    "training.optimiser": {"name": "adam", "learning_rate": 0.008},
    "training.batch_size": 128,
    "evaluation.probes": ["linear"],
    "evaluation.protocol": {"name": "crossfit", "folds": 3, "repeats": 2},
    "resources.cpus": 1,
}


@dataclass(frozen=True)
class Crowd:
    """Made-up clients, of whom some are scored and the others have no label."""

    scored: int = 2_400
    others: int = 300_000
    events: int = 50  # of a client, on average

    @property
    def apart(self) -> int:
        """First clients, of whom the generator gives a label to as many as are scored."""
        return -(-5 * self.scored // 2)

    @cached_property
    def config(self) -> Config:
        """What of a run these clients could be."""
        clients = self.apart + self.others
        made = {"dataset.clients": clients, "dataset.n_events": clients * self.events}
        return load_config("synthetic", SETTINGS | made)

    def store(self, folder: Path, clients: int, draw: int) -> EventStore:
        """The clients who are scored, in ``Part.SCORE``, and the draw-th so many others, in ``Part.PRETRAIN``.

        Args:
            folder: to write into.
            clients: others; draws of as many have none in common.
            draw: counted from 0.
        """
        assert (draw + 1) * clients <= self.others, "not so many clients were made"
        events, labels = self.config.dataset.files()[:2]
        known = pd.read_csv(labels).head(self.scored)
        label = pd.Series(known["higher_education"].astype(int).astype(str).to_numpy(), known["bank"].to_numpy(str))
        first = self.apart + draw * clients
        rows = _write_rows(folder, events, label, first, first + clients, self.config)
        people = rows.clients.assign(**{LABEL: lambda table: table[CLIENT].map(label).astype(object)})
        people[PART] = np.where(people[LABEL].notna(), str(Part.SCORE), str(Part.PRETRAIN))
        write_arrays(folder / "events", rows, people, self.config)
        return EventStore(folder / "events")


def _write_rows(folder: Path, events: Path, label: pd.Series, first: int, stop: int, config: Config) -> Rows:
    """What reading them by Spark would write: the rows of the labelled clients and of those from ``first`` to ``stop``.

    Args:
        folder: to write into.
        events: the generator's.
        label: of each client who has one.
        first: position of a client among all.
        stop: position after the last one.
        config: names the columns.
    """
    rows, counts = Rows(path=folder, fingerprint="growth"), []
    rows.folder.mkdir(parents=True)
    columns = [CLIENT, *config.dataset.categories]
    writer = None
    for table in _chosen(events, label, first, stop):
        named = table.rename_columns({_USER: CLIENT, _WHEN: TIME}).append_column(
            BROKEN, pa.nulls(len(table), pa.string())
        )
        writer = writer or pq.ParquetWriter(rows.folder / "rows.parquet", named.schema)
        writer.write_table(named)
        counts += [_counted(name, named[name]) for name in columns]
    assert writer, "nobody was chosen"
    writer.close()
    summed = pa.concat_tables(counts).group_by(COUNTS.names[:2]).aggregate([(COUNTS.names[2], "sum")])
    rows.write_counts(summed.rename_columns(COUNTS.names))
    ids = label.index.to_numpy(str)
    rows.write_targets(pa.table({CLIENT: ids, LABEL: label.to_numpy(str), GROUP: ids}))
    return rows


def _chosen(events: Path, label: pd.Series, first: int, stop: int) -> Iterator[pa.Table]:
    """Their rows, one row group of the generator after the other; clients stand in the order they were made in."""
    file, labelled, place = pq.ParquetFile(events), pa.array(label.index, pa.string()), 0
    for number in range(file.num_row_groups):
        ids = file.read_row_group(number, [_USER]).unify_dictionaries()[_USER].chunk(0).dictionary
        position = np.arange(place, place + len(ids))
        place += len(ids)
        wanted = pc.or_(pc.is_in(ids, labelled), pa.array((first <= position) & (position < stop)))
        if pc.any(wanted).as_py():
            table = file.read_row_group(number).unify_dictionaries().combine_chunks()
            yield table.filter(wanted.take(table[_USER].chunk(0).indices))
        if place >= stop:
            return


def _counted(name: str, column: pa.ChunkedArray) -> pa.Table:
    found = column.combine_chunks().value_counts()
    values = found.field("values").dictionary_decode()
    return pa.table([pa.array([name] * len(found)), values, found.field("counts")], schema=COUNTS)


def expected(known: int) -> float:
    """The ROC-AUC of who knows so many of the two traits that the label follows from, and nothing else."""
    signs = np.array(list(product((-1, 1), repeat=2)))  # (4, 2) each as frequent as the others
    positive = expit(STRENGTH * signs.sum(axis=1))  # (4,)
    told = signs[:, :known].sum(axis=1)
    right = (told[:, None] > told) + (told[:, None] == told) / 2  # (4, 4)
    return float(positive @ right @ (1 - positive) / (positive.sum() * (1 - positive).sum()))
