"""What the gate found of the raw data, and the clients that are fit for what follows."""

from pathlib import Path
from typing import Any, Self

import pandas as pd

from coles_ops.artefacts import Artefact, read_json, reading, write_json
from coles_ops.schema import CLIENT, CUT, EVENTS, GROUP, LABEL


class Validation(Artefact):
    """A folder with summary.json, clients.parquet and data_docs/."""

    @classmethod
    def of(cls, run: Path, fingerprint: str = "") -> Self:
        """That of a run, by its folder."""
        return cls(path=run / "validation", fingerprint=fingerprint)

    @property
    def quarantine(self) -> Path:
        """Folder of the rows that are left out, with the reason; an artefact beside this one, where there are any."""
        return self.path.with_name("quarantine")

    @property
    def summary(self) -> dict[str, Any]:
        """Numbers of rows, clients and labels, reasons and remarks to their rows, and a line an expectation."""
        return read_json(self.path / "summary.json")

    @property
    def clients(self) -> pd.DataFrame:
        """client_id, n_events, label, group_id and cut of every client with an event, by id."""
        with reading(self.clients_file) as file:
            return pd.read_parquet(file)

    @property
    def clients_file(self) -> Path:
        """Where the clients are."""
        return self.path / "clients.parquet"

    @property
    def docs(self) -> Path:
        """Folder of the Data Docs, which has an index.html."""
        return self.path / "data_docs"

    def write(self, summary: dict[str, Any], clients: pd.DataFrame) -> None:
        """Summary and clients, in any order; the docs are written by Great Expectations."""
        write_json(self.path / "summary.json", summary)
        clients = clients.sort_values(CLIENT, ignore_index=True)
        clients[[CLIENT, EVENTS, LABEL, GROUP, CUT]].to_parquet(self.clients_file, index=False)
