"""The side of the split that every client is on."""

import pandas as pd

from coles_ops.artefacts import Artefact, reading
from coles_ops.schema import CLIENT, EVENTS, GROUP, LABEL, PART


class ClientSplit(Artefact):
    """A folder with split.parquet."""

    @property
    def clients(self) -> pd.DataFrame:
        """client_id, part, label, group_id, n_events, by client id."""
        with reading(self.path / "split.parquet") as file:
            return pd.read_parquet(file)

    def write(self, clients: pd.DataFrame) -> None:
        """As ``clients`` gives them."""
        clients[[CLIENT, PART, LABEL, GROUP, EVENTS]].to_parquet(self.path / "split.parquet", index=False)
