"""From paths to raw named columns: finds CSV and Parquet files, says what they are, and reads them by name.

What is read is text of CSV exactly as it stands, and the own types of Parquet; what it means is for ``datasets``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from coles_ops.sources.find import find
from coles_ops.sources.options import IN_ROW, ROW_FAULT, CsvOptions

if TYPE_CHECKING:
    from coles_ops.sources.frame import read_frame
    from coles_ops.sources.numbers import Marks, marks, marks_seen, number
    from coles_ops.sources.preview import form_of, part, sample

__all__ = [
    "IN_ROW",
    "ROW_FAULT",
    "CsvOptions",
    "Marks",
    "find",
    "form_of",
    "marks",
    "marks_seen",
    "number",
    "part",
    "read_frame",
    "sample",
]

_LAZY = {
    "read_frame": "frame",
    "sample": "preview",
    "form_of": "preview",
    "part": "preview",
    "Marks": "numbers",
    "marks": "numbers",
    "marks_seen": "numbers",
    "number": "numbers",
}


def __getattr__(name: str) -> Any:
    """Import what stands on Arrow, pandas or Spark only where it is used: a configuration is read without them."""
    if name in _LAZY:
        return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
