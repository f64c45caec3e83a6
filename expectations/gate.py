"""The first stage: nothing is computed from raw data that does not pass its expectations."""

import logging
import shutil
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from coles_ops.artefacts import code_version, fingerprint, intact, publish, seal
from coles_ops.artefacts.rows import Rows
from coles_ops.artefacts.validation import Validation
from coles_ops.config import Config
from coles_ops.datasets.ids import near_misses
from coles_ops.datasets.times import MIXED
from coles_ops.preprocess.session import spark_session
from coles_ops.run import Run
from coles_ops.schema import BROKEN, CLIENT, CUT, EVENTS, LABEL, REMARK, DataError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

log = logging.getLogger("coles.validate")

_LEFT_OUT = "quarantine"  # until it is renamed out


class GateFailedError(DataError):
    """Raw data broke an expectation: names suite, column, expectation, counts, examples and what to do."""


def validate_raw(run: Run, rows: Rows) -> Validation:
    """Check the raw events and labels; writes summary, Data Docs, the clients that are fit, and quarantine.

    Rows that break a row rule go to ``quarantine/`` with the reason and are left out of all that follows, as
    long as they are at most ``validation.max_quarantined`` of all.

    Raises:
        GateFailedError: an expectation does not hold; the evidence is kept in ``validation-failed/``.
    """
    config = run.config
    code = code_version("expectations.gate")
    key = fingerprint(rows.fingerprint, config.validation, config.training.min_events, code)
    validation = Validation.of(run.path, key)
    if intact(validation.path) and (not validation.summary["quarantined"] or intact(validation.quarantine)):
        return validation.model_copy(update={"cached": True})
    evidence = run.path / "validation-failed"
    shutil.rmtree(evidence, ignore_errors=True)
    with publish(validation.path) as folder:
        new = Validation(path=folder, fingerprint=key)
        _warn(rows)
        with spark_session(config.resources) as spark:
            judged = spark.read.parquet(str(rows.folder)).drop(REMARK)
            targets = spark.read.parquet(str(rows.targets_file)).drop(CUT)
            failure = _check(config, rows, judged, targets, new)
            if new.summary["quarantined"]:
                bad = judged.where(f"{BROKEN} IS NOT NULL").withColumnRenamed(BROKEN, "reason")
                bad.write.parquet(str(folder / _LEFT_OUT))
        if failure:
            shutil.copytree(folder, evidence)
            raise GateFailedError(failure.replace(str(folder), str(evidence)))
        if (left_out := folder / _LEFT_OUT).exists():
            seal(left_out)
            shutil.rmtree(validation.quarantine, ignore_errors=True)
            left_out.rename(validation.quarantine)
    return validation


def _warn(rows: Rows) -> None:
    """Say what is likely a mistake in what is taken as it is."""
    for remark, n in rows.remarks.items():
        log.warning("%s rows are used of which %s", f"{n:,}", remark)
    labelled = rows.targets[CLIENT].unique()
    for sentence in near_misses(pa.array(rows.clients[CLIENT], pa.string()), pa.array(labelled, pa.string())):
        log.warning(sentence)


def _check(config: Config, rows: Rows, judged: "DataFrame", targets: "DataFrame", validation: Validation) -> str | None:
    """Run the three suites; writes docs, summary and clients; returns the message of a failure.

    Args:
        config: names columns and limits.
        rows: what was counted of them.
        judged: the rows themselves, good and broken.
        targets: as the dataset gives them.
        validation: where to.
    """
    from pyspark.sql import functions as F

    from expectations.runner import Runner
    from expectations.suites import ENOUGH, ORPHAN, clients_suite, events_suite, targets_suite
    from expectations.summary import failure_message

    spark, reasons = judged.sparkSession, rows.reasons
    events = spark.createDataFrame(rows.clients, f"{CLIENT} string, {EVENTS} long")
    labels = targets.dropDuplicates([CLIENT])
    clients = events.join(labels, CLIENT, "full").fillna(0, [EVENTS])
    clients = clients.withColumn(
        ENOUGH, F.when(F.col(EVENTS) >= config.training.min_events, "yes").otherwise("no")
    ).withColumn(
        ORPHAN, F.when(F.col(LABEL).isNotNull(), F.when(F.col(EVENTS) == 0, "yes").otherwise("no"))
    )  # null, which expectations pass over, where there is no label
    found = clients.toArrow().to_pandas()
    runner = Runner(validation.docs)
    lines = [
        *runner.check(judged, events_suite(config)),
        *runner.check(targets, targets_suite(config)),
        *runner.check(spark.createDataFrame(found, clients.schema), clients_suite(config)),
    ]
    runner.write_docs()
    broken = next(line for line in lines if line["column"] == BROKEN)
    fit = found[found[EVENTS] > 0].merge(rows.targets[[CLIENT, CUT]], on=CLIENT, how="left")
    if (cut := config.dataset.cut_instant) is not None:  # of those whose label has no time of its own
        fit = fit.fillna({CUT: pd.Timestamp(cut, unit="us", tz="UTC")})
    validation.write(
        {
            "rows": broken["rows"],
            "quarantined": broken["unexpected"] or 0,
            "clients": len(fit),
            "labels": _labels(config, fit[LABEL].dropna()),
            "reasons": reasons,
            "remarks": rows.remarks,
            "cut": rows.cut,
            "expectations": lines,
        },
        fit,
    )
    log.info("%d expectations over %s rows and %d clients", len(lines), broken["rows"], len(fit))
    failed = any(not line["success"] for line in lines) or MIXED in reasons
    return failure_message(lines, reasons, str(validation.path)) if failed else None


def _labels(config: Config, labels: pd.Series) -> dict[str, float]:
    """What is shown of them."""
    target = config.dataset.predicts(labels)
    return target.counts(target.encode(labels))
