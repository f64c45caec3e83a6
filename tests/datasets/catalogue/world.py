"""The small world that most cases write in their own way, and what must come out of it."""

import pandas as pd

from coles_ops.schema import CLIENT, GROUP, LABEL, TIME

PURCHASES = pd.DataFrame(
    {
        "who": ["a1", "a1", "a1", "b2", "b2", "c3"],
        "when": ["2024-03-01 10:00:00", "2024-03-02 11:30:15", "2024-03-05 00:00:00", "2024-03-01 23:59:59",
                 "2024-04-01 07:08:09", "2024-05-06 12:00:00"],
        "mcc": ["food", "fuel", "food", "taxi", None, "fuel"],
        "paid": [12.5, -3.25, 1234.75, 0.0, 7.0, 99.99],
    }
)  # fmt: skip
PEOPLE = pd.DataFrame({"who": ["a1", "b2", "c3"], "label": ["0", "1", "0"]})

EVENTS = pd.DataFrame(
    {
        CLIENT: PURCHASES.who,
        TIME: pd.to_datetime(PURCHASES.when),
        "mcc": PURCHASES.mcc,
        "paid": PURCHASES.paid,
    }
)
TARGETS = pd.DataFrame({CLIENT: PEOPLE.who, LABEL: PEOPLE.label, GROUP: PEOPLE.who})


def changed(frame: pd.DataFrame, **columns: object) -> pd.DataFrame:
    """The frame with other values in some columns: ``changed(EVENTS, paid=[...])``."""
    return frame.assign(**columns)
