"""A trained encoder as one file."""

from pathlib import Path

import torch

from coles_ops.artefacts import reading
from coles_ops.config import Training
from coles_ops.encoders import SequenceEncoder, build_encoder
from coles_ops.store import StoreSchema


def save_encoder(path: Path, model: SequenceEncoder, schema: StoreSchema, spec: Training) -> None:
    """Write weights with what is needed to build the encoder again."""
    torch.save({"schema": schema.model_dump(), "spec": spec.model_dump(), "encoder": model.state_dict()}, path)


def load_encoder(path: Path) -> SequenceEncoder:
    """The encoder that ``save_encoder`` wrote, in evaluation mode on the CPU.

    Raises:
        DamagedError: the file cannot be read, or is not what ``save_encoder`` writes.
    """
    with reading(path) as file:
        saved = torch.load(file, weights_only=True, map_location="cpu")
        model = build_encoder(StoreSchema.model_validate(saved["schema"]), Training.model_validate(saved["spec"]))
        model.load_state_dict(saved["encoder"])
    return model.eval()
