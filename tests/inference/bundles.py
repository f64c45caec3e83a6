"""A bundle of an encoder that was not trained, which embeds like any other."""

from pathlib import Path

from coles_ops.coding import EventCoding
from coles_ops.encoders import SequenceEncoder
from coles_ops.inference import Bundle, load_bundle, write_bundle
from coles_ops.inference.bundle import Facts


def write(folder: Path, coding: EventCoding, encoder: SequenceEncoder, options, dataset, **more) -> Bundle:
    """Write and load it."""
    facts = Facts(
        name="gru", encoder=options.model_dump(mode="json"), embedding_size=options.size, max_events=100,
        long_histories="last", columns=dataset.source_columns, dataset=dataset.model_dump(mode="json"),
        validation={}, metrics={}, run="a-run", trial="a-trial", inputs=[], code="", versions={}, **more,
    )  # fmt: skip
    write_bundle(folder, facts, coding, encoder)
    return load_bundle(folder)
