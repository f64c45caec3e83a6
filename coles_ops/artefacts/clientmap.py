"""Where some clients lie by their embeddings, as it is kept beside the report, so that a page is soon written again.

A folder holds::

    points.parquet    row (position in the store), scored, and the places on the maps: pca_1, pca_2, tsne_1, tsne_2
    nearest.parquet   row, nearest (another position), distance (one less the cosine): of a few clients, nearest first
    map.json          MapFacts
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict

from coles_ops.artefacts.files import read_model, reading, write_json
from coles_ops.artefacts.handle import Artefact

if TYPE_CHECKING:
    import pandas as pd


class MapFacts(BaseModel):
    """What the maps are of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    explained: tuple[float, float]  # shares of the variance along the axes of the PCA
    perplexity: float  # of the t-SNE


class ClientMap(Artefact):
    """Places and nearest clients."""

    @classmethod
    def of(cls, run: Path, fingerprint: str = "", cached: bool = False) -> Self:
        """That of a run, by its folder; there or not."""
        return cls(path=run / "map", fingerprint=fingerprint, cached=cached)

    @property
    def points(self) -> pd.DataFrame:
        """A row a client on the map."""
        return _read(self.path / "points.parquet")

    @property
    def nearest(self) -> pd.DataFrame:
        """A row a client and one near to it."""
        return _read(self.path / "nearest.parquet")

    @property
    def facts(self) -> MapFacts:
        """What the maps are of."""
        return read_model(self.path / "map.json", MapFacts)

    def write(self, points: pd.DataFrame, nearest: pd.DataFrame, facts: MapFacts) -> None:
        """All of it."""
        points.to_parquet(self.path / "points.parquet", index=False)
        nearest.to_parquet(self.path / "nearest.parquet", index=False)
        write_json(self.path / "map.json", facts)


def _read(file: Path) -> pd.DataFrame:
    import pandas as pd

    with reading(file):
        return pd.read_parquet(file)
