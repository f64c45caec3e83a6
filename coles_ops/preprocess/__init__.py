"""Raw events to the event store, on Spark."""

from coles_ops.preprocess.events import preprocess_events
from coles_ops.preprocess.split import split_clients

__all__ = ["preprocess_events", "split_clients"]
