"""A bundle: all that turns events into embeddings, in one folder and under one hash.

::

    bundle.json          what it is and where it comes from, with the digest of every other file, and the hash
    coding.json          the event coding
    weights.safetensors  of the encoder; nothing in a bundle is executed when it is read

It stands by itself: a copy on another machine needs neither the run nor its training's options, so a bundle is readable
after any of those is renamed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors.torch import load_file, save_file

from coles_ops.artefacts import DamagedError, fingerprint, publish, read_json, reading, write_json
from coles_ops.artefacts.digests import sha256
from coles_ops.coding import EventCoding
from coles_ops.coding.coding import CODING_FILE
from coles_ops.config.sections import Embedding
from coles_ops.encoders import SequenceEncoder, build_encoder
from coles_ops.encoders.base import ENCODERS
from coles_ops.schema import UserError

PLACE = "bundle"  # below the folder of the run
FORMAT = 1  # a reader of this format refuses later ones
FACTS, WEIGHTS = "bundle.json", "weights.safetensors"


class BundleError(UserError):
    """A path is no bundle, or one that this version of coles cannot read."""


class Facts(BaseModel):
    """What stands in bundle.json."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: int = FORMAT
    name: str  # of the trial, as people read it
    encoder: dict[str, Any]  # name and options
    max_events: int  # of a client that are read
    long_histories: str  # how longer ones are embedded
    embedding_size: int
    columns: dict[str, str]  # canonical column to the name that the user knows
    dataset: dict[str, Any]  # how files of events are read
    validation: dict[str, Any]  # which rows are left out
    metrics: dict[str, float | None]
    run: str
    trial: str
    refitted: bool = False  # trained anew on all clients, those who were scored too
    inputs: list[str]  # digests of the files it was fitted on
    code: str
    versions: dict[str, str]
    files: dict[str, str] = {}  # to their SHA-256


@dataclass(frozen=True, eq=False)
class Bundle:
    """An encoder with its coding, ready to embed."""

    path: Path
    hash: str
    facts: Facts
    coding: EventCoding
    encoder: SequenceEncoder  # in evaluation mode

    @property
    def embedding(self) -> Embedding:
        """How histories are embedded."""
        return Embedding.model_validate(
            {"max_events": self.facts.max_events, "long_histories": self.facts.long_histories}
        )

    def embed(self, events: pd.DataFrame | pa.Table, device: str = "cpu") -> pd.DataFrame:
        """Embed the clients of a table of events, rows in any order.

        Args:
            events: the columns of the run's dataset, or the canonical ones: client, time (a timestamp; UTC where it
                names no zone), categories as text and amounts as numbers. Values that training did not see are unknown.
            device: where it is computed.

        Returns:
            client_id and e_0000 .. by client id, (C, 1 + D).

        Raises:
            DataError: a column lacks or is of another kind, or a client, a time or an amount is missing.
        """
        from coles_ops.inference.frame import embed_frame

        return embed_frame(self, events, device)


def write_bundle(target: Path, facts: Facts, coding: EventCoding, encoder: SequenceEncoder, made_from: str = "") -> str:
    """Write a bundle whole or not at all; returns its hash.

    Args:
        target: the folder to be.
        facts: ``files`` is filled in here.
        coding: of the events the encoder was trained on.
        encoder: trained.
        made_from: fingerprint of what the bundle is made from.
    """
    with publish(target, made_from) as folder:
        coding.save(folder)
        save_file({name: value.contiguous() for name, value in encoder.state_dict().items()}, folder / WEIGHTS)
        files = {name: sha256(folder / name) for name in (CODING_FILE, WEIGHTS)}
        written = facts.model_copy(update={"files": files}).model_dump(mode="json")
        write_json(folder / FACTS, {"hash": fingerprint(written), **written})
    return fingerprint(written)


def load_bundle(path: str | Path) -> Bundle:
    """Read a bundle, or that of a run's folder, and check it against its hash.

    Raises:
        BundleError: there is none, or a later coles wrote it.
        DamagedError: a file of it is not what was written.
    """
    folder = Path(path)
    folder = folder / PLACE if (folder / PLACE / FACTS).exists() else folder
    if not (folder / FACTS).is_file():
        raise BundleError(f"{path} is no bundle: it has no {FACTS}; give a bundle, or the folder of a finished run")
    found = read_json(folder / FACTS)
    if isinstance(found, dict) and found.get("format", 0) > FORMAT:
        raise BundleError(f"{folder} has format {found['format']}, a later coles wrote it: this one reads {FORMAT}")
    with reading(folder / FACTS):
        facts, written = Facts.model_validate(found), {key: value for key, value in found.items() if key != "hash"}
        if fingerprint(written) != found["hash"]:
            raise DamagedError(f"its hash is {fingerprint(written)} and not {found['hash']}")
    for name, digest in facts.files.items():
        if not (folder / name).is_file() or sha256(folder / name) != digest:
            raise DamagedError(f"{folder / name} is missing or has other contents than were written")
    coding = EventCoding.load(folder)
    encoder = build_encoder(coding.store_schema(), _options(facts, folder), seed=0)
    encoder.load_state_dict(load_file(folder / WEIGHTS))
    return Bundle(folder, found["hash"], facts, coding, encoder.eval())


def _options(facts: Facts, folder: Path) -> Any:
    try:
        return ENCODERS.get(facts.encoder["name"]).model_validate(facts.encoder)
    except (UserError, ValidationError) as error:
        raise BundleError(f"{folder}: its encoder {facts.encoder} is none that this coles knows: {error}") from None
