"""The report of a run on the disk: one page."""

from pathlib import Path
from typing import Self

from coles_ops.artefacts.handle import Artefact


class Report(Artefact):
    """``path`` is the page."""

    @classmethod
    def of(cls, run: Path, fingerprint: str = "") -> Self:
        """That of a run, by its folder; there or not."""
        return cls(path=run / "report.html", fingerprint=fingerprint)
