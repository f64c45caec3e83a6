"""Raw rows to what training reads: coles against ptls' PysparkDataPreprocessor and a Parquet write.

Both read the same Parquet of transactions with client ids of 32 characters, rows in random order, in one Spark
session. ptls maps categories, groups events by client and writes Parquet. coles judges rows, counts clients and
values, splits, codes, sorts and writes the event store; it also adds calendar parts and gaps, scales amounts and
counts what is unknown.
"""

import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow.parquet as pq

from benchmarks.measure import Result, compare, main
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.split import ClientSplit
from coles_ops.config import Config, load_config
from coles_ops.generator import generate
from coles_ops.preprocess import preprocess_events, read_rows
from coles_ops.preprocess.session import spark_session
from coles_ops.preprocess.split import assign_parts
from coles_ops.run import open_run
from coles_ops.schema import CLIENT

_PILE = 20_000_000  # rows shuffled in memory


def run(quick: bool) -> list[Result]:
    """20 M rows of 50,000 clients; quick: 0.5 M of 2,000."""
    clients, rows = (2_000, 500_000) if quick else (50_000, 20_000_000)
    with TemporaryDirectory(prefix="coles-bench-") as scratch:
        folder = Path(scratch)
        made = write_raw(folder / "raw", clients, rows)
        config = load_config("synthetic", {"dataset.folder": str(folder / "raw")})
        with spark_session(config.resources) as spark:
            peer = lambda: ptls_preprocess(spark, folder)  # noqa: E731
            ours = lambda: coles_preprocess(config, folder)  # noqa: E731
            name = f"preprocess, {made / 1e6:.1f} M rows"
            return [compare(name, ours, peer, 1 if quick else 2, made, "rows", warm=quick) | {"target": "5x"}]


def write_raw(folder: Path, clients: int, rows: int, modality: str = "transactions") -> int:
    """Generate events and shuffle their rows, as an export in the order of time would be; returns their number.

    Rows go to a pile at random and each pile is shuffled, so that memory holds a pile at a time.
    """
    folder.mkdir()
    generate(folder, clients, rows, seed=0, modality=modality)
    file, rng, piles = folder / f"{modality}.parquet", np.random.default_rng(0), -(-rows // _PILE)
    source = pq.ParquetFile(file)
    with TemporaryDirectory(dir=folder) as scratch, ExitStack() as stack:
        heaps = [Path(scratch) / str(i) for i in range(piles)]
        writers = [stack.enter_context(pq.ParquetWriter(heap, source.schema_arrow)) for heap in heaps]
        for group in range(source.num_row_groups):
            table = source.read_row_group(group)
            pile = rng.integers(0, piles, len(table))
            for i, writer in enumerate(writers):
                writer.write_table(table.filter(pile == i))
        stack.close()
        with pq.ParquetWriter(file, source.schema_arrow, compression="zstd") as out:
            for heap in heaps:
                table = pq.read_table(heap).combine_chunks().unify_dictionaries()
                out.write_table(table.take(rng.permutation(len(table))), row_group_size=1 << 20)
    return source.metadata.num_rows


def ptls_preprocess(spark, folder: Path) -> None:
    """As in ptls' own examples: fit, transform, write."""
    from ptls.preprocessing import PysparkDataPreprocessor

    raw = spark.read.parquet(str(folder / "raw" / "transactions.parquet"))
    processor = PysparkDataPreprocessor(
        col_id="user_id", col_event_time="transaction_dttm", event_time_transformation="dt_to_timestamp",
        cols_category=["mcc_code", "currency_rk"], cols_numerical=["transaction_amt"],
    )  # fmt: skip
    processor.fit_transform(raw).write.mode("overwrite").parquet(str(folder / "ptls"))


def coles_preprocess(config: Config, folder: Path) -> Events:
    """The stages' own functions: rows are read and counted, split and written as a store."""
    os.environ["COLES_HOME"] = str(folder / "home")
    shutil.rmtree(folder / "home", ignore_errors=True)
    (folder / "home").mkdir()
    split, run = ClientSplit(path=folder / "home", fingerprint="benchmark"), open_run(config)
    rows = read_rows(run)
    split.write(assign_parts(rows.clients.merge(rows.targets, on=CLIENT, how="left"), config.evaluation.protocol))
    return preprocess_events(run, rows, split)


if __name__ == "__main__":
    main(__doc__, run)
