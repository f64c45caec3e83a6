"""What crosses the boundary of a stage."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict


class Artefact(BaseModel):
    """Where a whole, immutable result lies and what it was made from; kinds of it know the names of their files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    fingerprint: str
    cached: bool = False  # it was there already
