"""A trained encoder as one file."""

from pathlib import Path

import torch

from coles_ops.artefacts import reading
from coles_ops.encoders import ENCODERS, SequenceEncoder, build_encoder
from coles_ops.store import StoreSchema


def save_encoder(path: Path, model: SequenceEncoder, schema: StoreSchema) -> None:
    """Write weights with what is needed to build the encoder again."""
    saved = {"schema": schema.model_dump(), "encoder": model.options.model_dump(), "weights": model.state_dict()}
    torch.save(saved, path)


def load_encoder(path: Path) -> SequenceEncoder:
    """The encoder that ``save_encoder`` wrote, in evaluation mode on the CPU.

    Raises:
        DamagedError: the file cannot be read, or is not what ``save_encoder`` writes.
    """
    with reading(path) as file:
        saved = torch.load(file, weights_only=True, map_location="cpu")
        options = ENCODERS.get(saved["encoder"]["name"]).model_validate(saved["encoder"])
        model = build_encoder(StoreSchema.model_validate(saved["schema"]), options, seed=0)
        model.load_state_dict(saved["weights"])
    return model.eval()
