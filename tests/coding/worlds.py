"""Small tables of canonical rows, hard ones: nulls, rare values, equal times, times before 1970, DST, sub-seconds."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from coles_ops.artefacts.rows import COUNTS, Rows
from coles_ops.config import Config, parse_config
from coles_ops.schema import NULL

CATEGORIES, AMOUNTS = ("mcc", "city", "paid_missing"), ("paid", "fee")


def canonical(clients: int = 40, seed: int = 7) -> pa.Table:
    """Rows in random order: client_id, event_time (us, UTC), categories (string, null), amounts (float64)."""
    rng = np.random.default_rng(seed)
    owner = rng.permutation(np.repeat(np.arange(clients), rng.integers(1, 30, clients)))
    rows = len(owner)
    days = np.array(["1969-12-31T23:59:50", "2024-03-30T23:30:00", "2024-10-26T22:30:00", "2024-02-29T11:00:00"])
    begin = days.astype("datetime64[us]")[rng.integers(0, len(days), rows)]
    step = rng.integers(0, 4 * 3600, rows) * 1_000_000 + rng.choice([0, 1, 250_000, 999_999], rows)
    step[::3] = rng.choice([0, 500_000], len(step[::3]))  # equal seconds and equal times
    missing = rng.random(rows) < 0.1
    amount = np.round(rng.normal(0, 50, rows), 1)
    columns = {
        "client_id": np.char.add("c", owner.astype(str)).astype(object),
        "event_time": pa.array(begin + step, pa.timestamp("us", "UTC")),
        "mcc": np.where(rng.random(rows) < 0.05, None, (rng.zipf(1.5, rows) % 40).astype(str).astype(object)),
        "city": rng.choice(np.array(["", "x", "Ж", "z", None], dtype=object), rows, p=[0.1, 0.5, 0.2, 0.15, 0.05]),
        "paid_missing": np.where(missing, "yes", "no").astype(object),
        "paid": np.where(missing, 0.0, amount),
        "fee": rng.choice([0.0, -0.0, 1e-9, 2.5, 1e12], rows),
    }
    return pa.table({name: pa.array(column) for name, column in columns.items()})


def configuration(sequence: str | None = None, **preprocess) -> Config:
    """A configuration of such rows; their files are never read."""
    dataset = {
        "name": "table", "events": "none", "client": "client_id", "time": "event_time", "timezone": "Europe/Berlin",
        "categories": ["mcc", "city"], "amounts": [*AMOUNTS], "nullable": ["paid"], "targets": "none", "label": "label",
        "sequence": sequence,
    }  # fmt: skip
    options = {"min_count": 3, "calendar": ["hour", "weekday", "day", "month"], **preprocess}
    return parse_config({"name": "t", "dataset": dataset, "preprocess": options}, source="test")


def write_rows(folder: Path, table: pa.Table) -> Rows:
    """As the first stage leaves good rows: text as dictionaries, no broken rule, values counted; no time of a label."""
    rows = Rows(path=folder, fingerprint="rows")
    rows.folder.mkdir(parents=True)
    counts = [table[name].fill_null(NULL).value_counts() for name in ("client_id", *CATEGORIES)]
    columns = [[name] * len(found) for name, found in zip(("client_id", *CATEGORIES), counts, strict=True)]
    tables = [pa.table([name, *found.flatten()], schema=COUNTS) for name, found in zip(columns, counts, strict=True)]
    rows.write_counts(pa.concat_tables(tables))
    rows.write_targets(pa.table({name: pa.array([], pa.string()) for name in ("client_id", "label", "group_id")}))
    for i, name in enumerate(table.column_names):
        if pa.types.is_string(table[name].type):
            table = table.set_column(i, name, table[name].dictionary_encode())
    table = table.append_column("broken_rule", pa.nulls(len(table), pa.string()))
    pq.write_table(table, rows.folder / "part-00000.parquet", row_group_size=150)
    rows.write_dataset({"name": "table"})
    return rows


def parts(table: pa.Table) -> pd.DataFrame:
    """The split: every third client in test, by id; labels of some."""
    counts = table["client_id"].to_pandas().value_counts().sort_index()
    number = np.arange(len(counts))
    part = np.select([number % 3 == 2, number % 5 == 4], ["score", "pretrain"], "train")
    label = np.where(part == "pretrain", None, (number % 2).astype(str))
    return pd.DataFrame({"client_id": counts.index, "part": part, "label": label, "n_events": counts.to_numpy()})
