"""Columns of a user under names that every stage can bear, and back.

A stored name is a file, a column of Spark and of Parquet, and stands beside columns of our own. So what none of them
takes is written as in URLs, ``a/b`` as ``a%2Fb``, and so is the first letter of a name that is taken: a column
``hour`` is stored as ``%68our``, beside the hour of the calendar. Names of letters, digits, spaces, _ and - that
nobody else has stay as they are.
"""

from collections.abc import Sequence
from urllib.parse import unquote

from coles_ops.schema import BROKEN, CLIENT, CUT, EVENTS, GROUP, LABEL, MICROS, PART, REMARK, ROW, SEQUENCE, TIME
from coles_ops.sources import ROW_FAULT

_LONGEST = 200  # bytes; a file name has 255
_TAKEN = {
    *(CLIENT, CUT, EVENTS, GROUP, LABEL, PART, REMARK, ROW, TIME, ROW_FAULT, BROKEN, "reason", "has_enough_events"),
    *("label_without_events", "target_label", "time_as_written"),
    *(MICROS, SEQUENCE, "hour", "weekday", "day", "month", "gap"),
}


def stored_names(columns: Sequence[str]) -> dict[str, str]:
    """Each column's stored name; no two are equal, even where case makes no difference.

    Raises:
        ValueError: a column is named twice, has no name, or a name too long for a file.
    """
    for name in columns:
        if columns.count(name) > 1:
            raise ValueError(f"the column {name!r} is named twice: give it one role")
    lower = [name.lower() for name in columns]
    found = {name: _stored(name, twin=lower.count(name.lower()) > 1) for name in columns}
    for name, stored in found.items():
        if not 0 < len(stored.encode()) <= _LONGEST:
            raise ValueError(f"{name!r} cannot name a file of the store: rename the column, 1 to {_LONGEST} bytes")
    return found


def shown_name(stored: str) -> str:
    """The column as the user knows it."""
    return unquote(stored)


def _stored(name: str, twin: bool) -> str:
    stored = "".join(c if (c.isalnum() or c in "_- ") and not (twin and c.isupper()) else _escaped(c) for c in name)
    return _escaped(name[0]) + stored[1:] if name.lower() in _TAKEN else stored


def _escaped(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())
