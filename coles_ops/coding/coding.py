"""The value that holds all that was fitted of a coding: the same events give the same numbers wherever it is applied.

Codes of a category are 0 padding, 1..n the vocabulary's, n + 1 unknown.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

from coles_ops.artefacts import DamagedError, fingerprint, read_json, reading, write_json
from coles_ops.coding.features import CALENDAR_CODES, EventFeatures
from coles_ops.schema import NULL
from coles_ops.store import StoreSchema, code_type
from coles_ops.targets import UNLABELLED, AnyTarget

CODING_FILE = "coding.json"


class Scaler(BaseModel):
    """Mean and deviation of a real column over the events that fit statistics."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mean: float
    deviation: float

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Standardised float32, no -0.0: equal numbers are equal bytes."""
        return (values - self.mean) / self.deviation + 0.0


class EventCoding(BaseModel):
    """Vocabulary, scalers and the rules they were fitted under.

    ``code_events`` applies it to a table in memory, preprocessing to a store of any size.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    features: EventFeatures
    vocabulary: dict[str, tuple[str | None, ...]]  # category to values in the order of their codes; None: missing
    scalers: dict[str, Scaler]  # of amounts and the gap
    time_unit: Literal["microsecond"] = "microsecond"  # of the coded time, since 1970-01-01 UTC

    @property
    def hash(self) -> str:
        """16 hex digits of SHA-256 over all of it."""
        return fingerprint(self)

    def codes(self, category: str, values: pa.Array) -> np.ndarray:
        """The code (V,) of each text, ``NULL`` for a missing value, in the category's type."""
        known = pa.array([NULL if value is None else value for value in self.vocabulary[category]], pa.string())
        found = pc.fill_null(pc.index_in(values, known), len(known)).to_numpy(zero_copy_only=False) + 1
        return found.astype(code_type(self.n_codes(category)))

    def texts(self, category: str, codes: np.ndarray) -> list[str]:
        """What codes (V,) stand for, as people read it."""
        known = ["(missing)" if value is None else value for value in self.vocabulary[category]]
        return [known[code - 1] if 0 < code <= len(known) else "(unknown)" for code in codes.tolist()]

    def unknown_code(self, category: str) -> int:
        """The code of what the vocabulary does not hold."""
        return len(self.vocabulary[category]) + 1

    def n_codes(self, category: str) -> int:
        """Number of codes, padding and unknown included; at least 3, as an embedding table needs."""
        return max(len(self.vocabulary[category]) + 2, 3)

    def store_schema(self, target: AnyTarget = UNLABELLED) -> StoreSchema:
        """What an encoder must know of the coded events."""
        codes = {name: self.n_codes(name) for name in self.features.categories}
        codes |= {part: CALENDAR_CODES[part] for part in self.features.calendar}
        scalers = {name: (scaler.mean, scaler.deviation) for name, scaler in self.scalers.items()}
        return StoreSchema(categories=codes, amounts=self.features.reals, target=target, scalers=scalers)

    def save(self, folder: Path) -> None:
        """Write it with its hash, whole or not at all."""
        write_json(folder / CODING_FILE, {"hash": self.hash, "coding": self.model_dump(mode="json")})

    @classmethod
    def load(cls, folder: Path) -> EventCoding:
        """What ``save`` wrote; raises DamagedError where it is not that any more."""
        found = read_json(folder / CODING_FILE)
        with reading(folder / CODING_FILE):
            coding = cls.model_validate(found["coding"])
            if coding.hash != found["hash"]:
                raise DamagedError(f"its hash is {coding.hash} and not {found['hash']}")
        return coding
