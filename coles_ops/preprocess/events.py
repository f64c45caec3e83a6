"""Raw rows to coded events in Parquet shards, sorted by client and time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coles_ops.artefacts import code_version, fingerprint, home, publish, write_json
from coles_ops.config import Config
from coles_ops.preprocess.arrays import write_arrays
from coles_ops.preprocess.rules import good_rows, row_rules
from coles_ops.preprocess.session import spark_session
from coles_ops.preprocess.vocabulary import (
    FITS,
    build_vocabulary,
    codes_of,
    count_values,
    encode,
    write_vocabulary,
)
from coles_ops.run import Run
from coles_ops.schema import CLIENT, EVENTS, PART, TIME, Artefact, Part

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

ROW = "row"  # position of the client among all, by client id: an integer to shuffle and sort by
_SHARD = "shard"
_SHARD_EVENTS = 4_000_000  # events a shard holds, about; a shard is sorted in memory
_CALENDAR_CODES = {"hour": 24, "weekday": 7, "day": 31, "month": 12}


def preprocess_events(run: Run, split: Artefact) -> Artefact:
    """Code the events of all clients; writes shards, vocabulary, scalers, manifest and the event store.

    Statistics are those of the training clients alone. The same input gives the same bytes, whatever the
    order of its rows and files.
    """
    config = run.config
    key = _fingerprint(config, split)
    target = home() / "store" / key
    if target.exists():
        return Artefact(path=target, fingerprint=key, cached=True)
    clients = pd.read_parquet(split.path / "split.parquet")
    with publish(target) as folder:
        with spark_session(config.resources) as spark:
            rows = _canonical(config, config.dataset.events(spark), clients)
            counts = count_values(rows, config.dataset.categories)
            vocabulary = build_vocabulary(counts, config.dataset.categories, config.preprocess)
            shards = _shards(clients)
            _write(_features(config, encode(rows, vocabulary)), folder / "events", int(shards.max()) + 1)
        write_vocabulary(folder / "vocabulary.json", vocabulary)
        codes = codes_of(vocabulary) | {part: _CALENDAR_CODES[part] + 1 for part in config.preprocess.calendar}
        facts = write_arrays(folder, clients, config, codes)
        write_json(
            folder / "manifest.json",
            {
                "fingerprint": key,
                "dataset": config.dataset.model_dump(mode="json"),
                "clients": len(clients),
                "clients_by_part": clients[PART].value_counts().to_dict(),
                "events_by_part": clients.groupby(PART)[EVENTS].sum().to_dict(),
                "split": split.fingerprint,
                **facts,
            },
        )
    return Artefact(path=target, fingerprint=key)


def _fingerprint(config: Config, split: Artefact) -> str:
    """Of all that decides the bytes written."""
    code = code_version("coles_ops/preprocess", "coles_ops/datasets", "coles_ops/store.py")
    rules = row_rules(config)
    return fingerprint(config.dataset, config.preprocess, rules, split.fingerprint, *config.dataset.files(), code)


def _shards(clients: pd.DataFrame) -> np.ndarray:
    """Shard of each client: consecutive clients of about ``_SHARD_EVENTS`` together, by the counts validation took."""
    before = clients[EVENTS].cumsum().to_numpy() - clients[EVENTS].to_numpy()
    return before // _SHARD_EVENTS


def _canonical(config: Config, events: DataFrame, clients: pd.DataFrame) -> DataFrame:
    """Good rows with the integer surrogate of their client, its shard, and whether it may shape statistics."""
    from pyspark.sql import functions as F

    keys = pd.DataFrame(
        {
            CLIENT: clients[CLIENT],
            ROW: np.arange(len(clients), dtype=np.int64),
            _SHARD: _shards(clients),
            FITS: clients[PART].map(lambda part: Part(part).fits),
        }
    )
    schema = f"{CLIENT} string, {ROW} long, {_SHARD} long, {FITS} boolean"
    known = F.broadcast(events.sparkSession.createDataFrame(keys, schema))
    return good_rows(events, row_rules(config)).join(known, CLIENT).drop(CLIENT)


def _features(config: Config, rows: DataFrame) -> DataFrame:
    """The shards' schema: surrogate, seconds, codes, calendar parts, sign * log1p of the amounts."""
    from pyspark.sql import functions as F

    local = F.from_utc_timestamp(TIME, config.dataset.timezone)
    calendar = {
        "hour": F.hour(local) + 1,
        "weekday": F.weekday(local) + 1,
        "day": F.dayofmonth(local),
        "month": F.month(local),
    }
    return rows.select(
        F.col(_SHARD).cast("int"),
        ROW,
        F.col(TIME).cast("long").alias("time"),
        *config.dataset.categories,
        *(calendar[part].cast("int").alias(part) for part in config.preprocess.calendar),
        *(_signed_log(F.col(amount)).cast("float").alias(amount) for amount in config.dataset.amounts),
    )


def _signed_log(amount: Column) -> Column:
    from pyspark.sql import functions as F

    return F.signum(amount) * F.log1p(F.abs(amount))


def _write(events: DataFrame, folder: Path, shards: int) -> None:
    """One sorted Parquet file a shard; equal times are ordered by all other columns, for the same bytes each time."""
    columns = [column for column in events.columns if column != _SHARD]
    placed = events.repartitionById(shards, _SHARD).sortWithinPartitions(*columns).select(*columns)
    placed.write.parquet(str(folder))
    for index, file in enumerate(sorted(folder.glob("part-*.parquet"))):
        file.rename(folder / f"{index:05d}.parquet")
    for rest in [*folder.glob(".*"), *folder.glob("_*")]:
        rest.unlink()


def read_manifest(events: Artefact) -> dict:
    """What the store holds, as counted when it was made."""
    return json.loads((events.path / "manifest.json").read_text())
