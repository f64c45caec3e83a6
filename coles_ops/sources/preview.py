"""A few rows of files, fast and without Spark."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from coles_ops.sources.options import CsvOptions

if TYPE_CHECKING:
    import pandas as pd


def sample(files: Sequence[Path], csv: CsvOptions, what: str, rows: int) -> pd.DataFrame:
    """Up to ``rows`` rows of the files, all columns as text, null where there is nothing."""
    import pandas as pd

    return pd.read_csv(files[0], dtype=str, nrows=rows, keep_default_na=False, na_values=[""])
