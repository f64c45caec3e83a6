"""The encoder of a run that is for use, and the embeddings of all clients by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from coles_ops.artefacts.files import reading, replacing
from coles_ops.artefacts.handle import Artefact

_PLACE = "production"  # below the folder of the run


class Production(Artefact):
    """A folder with the encoder's file, and embeddings.parquet where they are wanted."""

    @classmethod
    def of(cls, run: Path, fingerprint: str = "", cached: bool = False) -> Self:
        """That of a run, by its folder; made or not."""
        return cls(path=run / _PLACE, fingerprint=fingerprint, cached=cached)

    @property
    def encoder(self) -> Path:
        """The encoder."""
        return self.path / "production.pt"

    @property
    def embeddings(self) -> Path:
        """client_id, e_0000 ..: all clients, Parquet."""
        return self.path / "embeddings.parquet"

    def read_state(self) -> dict[str, Any] | None:
        """The state of an interrupted training of the same; None where there is none."""
        if not self._state.exists():
            return None
        import torch

        with reading(self._state) as file:
            made_from, state = torch.load(file, map_location="cpu", weights_only=True)
        return state if made_from == self.fingerprint else None

    def write_state(self, state: dict[str, Any]) -> None:
        """Keep the state of a training that goes on."""
        import torch

        with replacing(self._state) as partial:
            torch.save((self.fingerprint, state), partial)

    def forget_state(self) -> None:
        """The training is at its end."""
        self._state.unlink(missing_ok=True)

    @property
    def _state(self) -> Path:
        return self.path.with_name(".production.pt")
