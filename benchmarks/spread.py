"""New events spread over workers: Spark's ``mapInArrow``, which coles takes, against Ray Data's ``map_groups``.

Both read the same rows, already judged, bring the events of a client together in shards by a hash of its id, and write
the embeddings of every shard by the same function, on workers of one core each. Ray and Spark are both started before
the clock; what differs is the shuffle and what is sent to the workers.
"""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from benchmarks.inference import write_initial_bundle
from benchmarks.measure import Result, compare, main
from benchmarks.preprocess import write_raw
from benchmarks.scale import EACH, apart
from coles_ops.artefacts.embeddings import Embeddings
from coles_ops.artefacts.rows import Rows
from coles_ops.cluster import ray_session
from coles_ops.config import load_config
from coles_ops.inference import load_bundle
from coles_ops.inference.bundle import Bundle
from coles_ops.inference.spread import EVENTS_OF_SHARD, SHARD, Worker, embed_on_cluster
from coles_ops.preprocess.session import spark_session
from coles_ops.schema import CLIENT, EVENTS, TIME


def run(quick: bool) -> list[Result]:
    """10 M clicks; quick: 0.3 M."""
    rows = 300_000 if quick else 10_000_000
    with TemporaryDirectory(prefix="coles-spread-") as scratch:
        folder = Path(scratch)
        apart(write_raw, folder / "raw", max(400, rows // EACH), rows, "clickstream")
        apart(write_initial_bundle, folder)
        return [_compare(folder, rows, 1 if quick else 2)]


def _compare(folder: Path, number: int, rounds: int) -> Result:
    config, bundle = load_config("synthetic", {"resources.spark_master": "local[2]"}), load_bundle(folder / "bundle")
    (path,) = (folder / "home" / "store").glob("*-rows")
    rows = Rows(path=path, fingerprint=path.name)

    def fresh(embed: Callable[[Embeddings], None]) -> Callable[[], None]:
        def work() -> None:
            shutil.rmtree(folder / "out", ignore_errors=True)
            made = Embeddings(path=folder / "out", fingerprint="benchmark")
            made.path.mkdir()
            embed(made)

        return work

    ours = fresh(lambda made: embed_on_cluster(bundle, rows, made, config.resources))
    peer = fresh(lambda made: _embed_on_ray(bundle, rows, made))
    with spark_session(config.resources), ray_session(config):
        return compare(f"embed rows, {number / 1e6:.5g} M, two workers", ours, peer, rounds, number, "rows", warm=True)


def _embed_on_ray(bundle: Bundle, rows: Rows, made: Embeddings) -> None:
    import ray

    logging.getLogger("ray.data").setLevel(logging.WARNING)
    shards = max(1, -(-int(rows.clients[EVENTS].sum()) // EVENTS_OF_SHARD))
    features = bundle.coding.features
    columns = [CLIENT, TIME, *features.categories, *features.amounts]

    def shard(table: pa.Table) -> pa.Table:
        import pandas as pd

        hashes = pd.util.hash_array(table[CLIENT].to_numpy(zero_copy_only=False))
        return table.append_column(SHARD, pa.array((hashes % shards).astype("int32")))

    worker = Worker(bundle.path, made)

    def embed(table: pa.Table) -> pa.Table:
        return pa.Table.from_batches(list(worker(iter(table.combine_chunks().to_batches()))))

    found = ray.data.read_parquet(str(rows.folder), columns=columns).map_batches(shard, batch_format="pyarrow")
    found.groupby(SHARD, num_partitions=shards).map_groups(embed, batch_format="pyarrow").materialize()


if __name__ == "__main__":
    main(__doc__, run)
