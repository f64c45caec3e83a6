"""What a search that goes on does first: a trial that cannot be read begins anew, alone."""

import logging

import torch

from coles_ops.artefacts import DamagedError, intact, reading, set_aside
from coles_ops.artefacts.trial import TrialFolder
from coles_ops.artefacts.trials import WorkingTrials
from coles_ops.embedding import load_encoder

log = logging.getLogger("coles.search")


def drop_damaged(working: WorkingTrials) -> None:
    """Set aside trials with a torn file, and ended ones that are not as they were sealed."""
    for folder in working.folders():
        if folder.sealed:
            intact(folder.path)
            continue
        try:
            _read(folder)
        except DamagedError as error:
            log.warning("%s: its trial begins anew, the old one is kept as %s", error, set_aside(folder.path))


def _read(folder: TrialFolder) -> None:
    folder.read_all()
    if folder.state.exists():
        with reading(folder.state):
            torch.load(folder.state, weights_only=True, map_location="cpu")
    if folder.encoder.exists():
        load_encoder(folder.encoder)
