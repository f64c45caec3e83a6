"""The generator's clients as a dataset: made on first use, kept by what made them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from coles_ops.artefacts import code_version, fingerprint, home, publish
from coles_ops.datasets.base import DATASETS
from coles_ops.datasets.datafusion2022 import DataFusion2022


@DATASETS.register("synthetic")
class Synthetic(DataFusion2022):
    """Made-up clients of any number, in the schemas of Data Fusion 2022; what they do and in which order matters."""

    name: Literal["synthetic"] = Field("synthetic", description="Made-up clients.")  # type: ignore[assignment]
    clients: int = Field(2_000, ge=50, description="Clients; two in five have a label.")
    n_events: int = Field(200_000, ge=100, description="Events in all, about.")
    seed: int = Field(0, description="Decides every byte.")
    label_by: tuple[Literal["mix", "order"], ...] = Field(
        ("mix", "order"),
        description="What the label follows from: what a client frequents, and in which order; nothing is a coin.",
    )

    def files(self) -> list[Path]:
        """The files of the contest, with Parquet for the events; generated where they lack."""
        made = (self.clients, self.n_events, self.seed, self.modality, self.label_by)
        key = fingerprint(made, code_version("coles_ops.generator"))
        folder = self.folder or home().raw / f"synthetic-{key}"
        if not folder.exists():
            from coles_ops.generator import generate

            with publish(folder) as partial:
                generate(partial, *made)
        return [folder / name for name in self.names(".parquet")]
