"""The first stage: nothing is computed from raw data that does not pass its expectations."""

import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from coles_ops.artefacts import Artefact, code_version, fingerprint, intact, publish, read_json, seal, write_json
from coles_ops.config import Config
from coles_ops.datasets.ids import near_misses
from coles_ops.datasets.times import MIXED
from coles_ops.preprocess.rows import canonical_rows, read_counts
from coles_ops.preprocess.rules import BROKEN
from coles_ops.preprocess.session import spark_session
from coles_ops.run import Run
from coles_ops.schema import CLIENT, EVENTS, GROUP, LABEL, REMARK, DataError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

log = logging.getLogger("coles.validate")


class GateFailedError(DataError):
    """Raw data broke an expectation: names suite, column, expectation, counts, examples and what to do."""


def validate_raw(run: Run) -> Artefact:
    """Check the raw events and labels; writes summary, Data Docs, the clients that are fit, and quarantine.

    Rows that break a row rule go to ``quarantine/`` with the reason and are left out of all that follows, as
    long as they are at most ``validation.max_quarantined`` of all.

    Raises:
        GateFailedError: an expectation does not hold; the evidence is kept in ``validation-failed/``.
        DataError: an input file was changed since the run was opened.
    """
    config, target, quarantine = run.config, run.path / "validation", run.path / "quarantine"
    code = code_version("expectations.gate", type(config.dataset).__module__)
    key = fingerprint(config.dataset, config.validation, config.training.min_events, run.digests, code)
    if intact(target) and (not _quarantined(target) or intact(quarantine)):
        return Artefact(path=target, fingerprint=key, cached=True)
    evidence = run.path / "validation-failed"
    shutil.rmtree(evidence, ignore_errors=True)
    failure = None
    with publish(target) as folder:
        with spark_session(config.resources) as spark, run.reading_inputs():
            targets = config.dataset.targets(spark).cache()  # first: its mistakes are found in seconds
            source = canonical_rows(run)
            rows = spark.read.parquet(str(source / "rows")).drop(REMARK)
            counts = read_counts(source, CLIENT)
            reasons, remarks = (_by_value(read_counts(source, column)) for column in (BROKEN, REMARK))
            _warn(remarks, counts, targets)
            failure = _check(config, rows, counts, targets, reasons, remarks, folder)
            targets.unpersist()
            _quarantine(rows, folder)
        if failure:
            shutil.copytree(folder, evidence)
            raise GateFailedError(failure.replace(str(folder), str(evidence)))
        if (folder / "quarantine").exists():
            seal(folder / "quarantine")
            shutil.rmtree(quarantine, ignore_errors=True)
            (folder / "quarantine").rename(quarantine)
    return Artefact(path=target, fingerprint=key)


def _by_value(counts: pd.DataFrame) -> dict[str, int]:
    """Value to its rows."""
    return dict(counts.itertuples(index=False, name=None))


def _warn(remarks: dict[str, int], counts: pd.DataFrame, targets: "DataFrame") -> None:
    """Say what is likely a mistake in what is taken as it is."""
    for remark, rows in remarks.items():
        log.warning("%s rows are used of which %s", f"{rows:,}", remark)
    labelled = targets.select(CLIENT).distinct().toPandas()[CLIENT]
    for sentence in near_misses(pa.array(counts["value"], pa.string()), pa.array(labelled, pa.string())):
        log.warning(sentence)


def _check(
    config: Config, rows: "DataFrame", counts: pd.DataFrame, targets: "DataFrame",
    reasons: dict[str, int], remarks: dict[str, int], folder: Path,
) -> str | None:  # fmt: skip
    """Run the three suites; writes summary.json and clients.parquet; returns the message of a failure.

    Args:
        config: names columns and limits.
        rows: canonical rows, judged.
        counts: good rows of each client.
        targets: as the dataset gives them.
        reasons: rows of each reason to leave one out.
        remarks: rows of each remark on those that are used.
        folder: where to.
    """
    from pyspark.sql import functions as F

    from expectations.runner import Runner
    from expectations.suites import ENOUGH, ORPHAN, clients_suite, events_suite, targets_suite
    from expectations.summary import failure_message

    spark = rows.sparkSession
    events = spark.createDataFrame(counts.rename(columns={"value": CLIENT}), f"{CLIENT} string, {EVENTS} long")
    labels = targets.dropDuplicates([CLIENT])
    clients = events.join(labels, CLIENT, "full").fillna(0, [EVENTS])
    clients = clients.withColumn(
        ENOUGH, F.when(F.col(EVENTS) >= config.training.min_events, "yes").otherwise("no")
    ).withColumn(
        ORPHAN, F.when(F.col(LABEL).isNotNull(), F.when(F.col(EVENTS) == 0, "yes").otherwise("no"))
    )  # null, which expectations pass over, where there is no label
    found = clients.toPandas()
    runner = Runner(folder / "data_docs")
    lines = [
        *runner.check(rows, events_suite(config)),
        *runner.check(targets, targets_suite(config)),
        *runner.check(spark.createDataFrame(found, clients.schema), clients_suite(config)),
    ]
    runner.write_docs()
    broken = next(line for line in lines if line["column"] == BROKEN)
    fit = found[found[EVENTS] > 0].sort_values(CLIENT, ignore_index=True)
    fit[[CLIENT, EVENTS, LABEL, GROUP]].to_parquet(folder / "clients.parquet", index=False)
    write_json(
        folder / "summary.json",
        {
            "rows": broken["rows"],
            "quarantined": broken["unexpected"] or 0,
            "clients": len(fit),
            "labels": fit[LABEL].value_counts().to_dict(),
            "reasons": reasons,
            "remarks": remarks,
            "expectations": lines,
        },
    )
    log.info("%d expectations over %s rows and %d clients", len(lines), broken["rows"], len(fit))
    failed = any(not line["success"] for line in lines) or MIXED in reasons
    return failure_message(lines, reasons, str(folder)) if failed else None


def _quarantined(folder: Path) -> int:
    return read_json(folder / "summary.json")["quarantined"]


def _quarantine(rows: "DataFrame", folder: Path) -> None:
    """Write the rows that break a rule, with the reason; nothing where there are none."""
    if _quarantined(folder):
        bad = rows.where(f"{BROKEN} IS NOT NULL").withColumnRenamed(BROKEN, "reason")
        bad.write.parquet(str(folder / "quarantine"))
