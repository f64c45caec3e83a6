"""Raw events to the event store, on Spark."""

from coles_ops.preprocess.events import preprocess_events
from coles_ops.preprocess.rows import read_rows
from coles_ops.preprocess.session import shared_spark
from coles_ops.preprocess.split import split_clients

__all__ = ["preprocess_events", "read_rows", "shared_spark", "split_clients"]
