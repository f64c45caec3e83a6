"""Event coding: from raw columns to the numbers an encoder reads, fitted once and applied again and again."""

from coles_ops.coding.apply import CodedEvents, code_events
from coles_ops.coding.coding import EventCoding, Scaler
from coles_ops.coding.features import EventFeatures
from coles_ops.coding.fit import Statistics, fit

__all__ = ["CodedEvents", "EventCoding", "EventFeatures", "Scaler", "Statistics", "code_events", "fit"]
