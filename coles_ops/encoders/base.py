"""The contract of an encoder, and what all have in common.

Shapes: N events of all sequences together, S sequences, F width of an event, A amounts, D width of a state after
an event and of the embedding (twice that where the readout is two states).

The modules are laid out and named as those of pytorch-lifestream 0.6 (``TrxEncoder`` without batch norm inside
``RnnSeqEncoder`` or ``TransformerSeqEncoder``), so that a state dict of one loads into the other, which a test
proves. They are our own because events stay packed, without padding, up to the body that reads them; and because
importing ptls takes longer than a short trial.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from coles_ops.component import NO_MEMORY, Component
from coles_ops.encoders.packing import Packing
from coles_ops.encoders.readout import pool
from coles_ops.ragged import send
from coles_ops.registry import Registry

if TYPE_CHECKING:
    from coles_ops.store import StoreSchema


@dataclass(frozen=True)
class Events:
    """Events of sequences, packed: by step, and within a step by falling length of the sequence."""

    codes: dict[str, Tensor]  # each (N,) int32 or int64
    amounts: Tensor  # (N, A) float32
    packing: Packing  # on the host

    def part(self, events: slice) -> "Events":
        """A range of the packed events, for an event encoder: their packing is that of the whole."""
        codes = {name: values[events] for name, values in self.codes.items()}
        return Events(codes, self.amounts[events], self.packing)

    def hiding(self, hidden: Tensor) -> "Events":
        """The same, of those hidden (N,) nothing but that they are there: codes of padding, and amounts of 0."""
        codes = {name: values.masked_fill(hidden, 0) for name, values in self.codes.items()}
        return Events(codes, self.amounts.masked_fill(hidden[:, None], 0), self.packing)


class EventEncoder(nn.Module):
    """An event as the concatenation of its categories' embeddings and its amounts (ptls ``TrxEncoder``)."""

    amounts: Tensor  # places of those that are read

    def __init__(self, schema: "StoreSchema", options: "Encoder", projection: int = 0):
        super().__init__()
        read = options.reads(schema)
        self.noise, self.column_dropout, self.dropout = options.noise, options.column_dropout, options.embedding_dropout
        amounts = [schema.amounts.index(name) for name in read.amounts]
        self.register_buffer("amounts", torch.tensor(amounts, dtype=torch.int64), persistent=False)
        widths = {name: category_width(codes, options.category_size) for name, codes in read.categories.items()}
        tables = {
            _module_name(name): nn.Embedding(codes, widths[name], padding_idx=0)
            for name, codes in read.categories.items()
        }
        for table in tables.values():  # the code of values unseen in training is not trained: it had better say nothing
            nn.init.zeros_(table.weight[-1])
        self.embeddings = nn.ModuleDict(tables)
        self.categories = tuple(read.categories)
        width = sum(widths.values()) + len(read.amounts)
        self.norm = nn.BatchNorm1d(width) if options.batch_norm else nn.Identity()
        self.linear_projection_head = nn.Linear(width, projection) if projection else nn.Identity()
        self.output_size = projection or width

    def forward(self, events: Events) -> Tensor:
        """Encode events to (N, F); in training one Gaussian vector a category is added to its embeddings."""
        parts = []
        for name, embedding in zip(self.categories, self.embeddings.values(), strict=True):
            part = embedding(events.codes[name])  # (N, F_name)
            if self.training and self.noise:
                part = part + self.noise * torch.randn(part.shape[1], device=part.device)
            if self.training and self.column_dropout:  # one draw for all of a batch, as of the noise
                part = part * (torch.rand(1, device=part.device) >= self.column_dropout)
            parts.append(F.dropout(part, self.dropout, self.training) if self.dropout else part)
        amounts = events.amounts  # (N, A)
        if len(self.amounts) < amounts.shape[1]:
            amounts = amounts.index_select(1, self.amounts)
        return self.linear_projection_head(self.norm(torch.cat([*parts, amounts], dim=1)))  # (N, F)


State = tuple[Tensor, ...]  # each (S, D); none where an encoder cannot go on from where it was


@dataclass(frozen=True)
class Encoded:
    """What an encoder makes of sequences."""

    sequences: Tensor  # (S, D) their embeddings
    state: State  # after their last events, from which later events can be encoded
    states: Tensor | None  # (N, D) after every event, packed as the events are; where asked for


class SequenceEncoder(nn.Module):
    """An event encoder and a body that turns packed events into one vector a sequence.

    Attributes:
        options: what it was built by.
        state_size: width of a state.
        embedding_size: width of what is read out of the states.
        window: most events of a long history that are embedded at once, where they are embedded in windows.
    """

    max_events: int | None = None  # longest sequence the body takes
    memory_factor = 1  # how many times ``embedding.batch_events`` are embedded in the memory meant for as many

    def __init__(self, schema: "StoreSchema", options: "Encoder", projection: int = 0):
        super().__init__()
        self.options, self.readout, self.state_size = options, options.readout, options.size
        self.window = options.window if isinstance(options.window, int) else None
        self.embedding_size = (2 if options.readout == "mean_last" else 1) * options.size
        self.trx_encoder = EventEncoder(schema, options, projection)

    def initial_state(self) -> State:
        """The state before the first event, (D,) for all sequences."""
        return ()

    def body(self, features: Tensor, packing: Packing, state: State, per_event: bool) -> Encoded:
        """Encode packed events (N, F), all with the longest sequence first; ``state`` (S, D), or (D,) for all."""
        raise NotImplementedError

    def forward(self, events: Events, state: State | None = None, per_event: bool = False) -> Encoded:
        """Encode sequences, in the order they had before packing.

        Args:
            events: of the sequences.
            state: what ``Encoded.state`` was after the events before, (S, D); None where there are none before.
            per_event: whether the states after every event are wanted.
        """
        packing, pooled = events.packing, self.readout != "auto"
        features = self.trx_encoder(events)  # (N, F)
        if state is None:
            state = self.initial_state()
        else:
            state = tuple(part[send(packing.order, part.device)] for part in state)
        encoded = self.body(features, packing, state, per_event or pooled)
        sequences = encoded.sequences
        if pooled:
            assert encoded.states is not None
            sequences = pool(encoded.states, packing, self.readout)
        rank = send(packing.rank, sequences.device)
        return Encoded(
            sequences[rank], tuple(part[rank] for part in encoded.state), encoded.states if per_event else None
        )


def _module_name(category: str) -> str:
    """The category's name, but for one that modules have an attribute of, such as type."""
    return f"%{category}" if hasattr(nn.ModuleDict(), category) else category


class Encoder(Component):
    """What an encoder is: the options that all have in common are here."""

    size: int = Field(64, ge=2, description="Width of the embedding.")
    category_size: int = Field(16, ge=1, description="Largest width of one category's embedding.")
    noise: float = Field(
        0.003, ge=0, description="Deviation of the noise added to category embeddings.", json_schema_extra=NO_MEMORY
    )
    column_dropout: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Chance of each category not to be read in a batch of the training.",
        json_schema_extra=NO_MEMORY,
    )
    embedding_dropout: float = Field(
        0.0, ge=0, lt=1, description="Chance of each number of a category's embedding to be left out in training."
    )
    batch_norm: bool = Field(
        False,
        description="Whether all that is read of an event is normalised over a batch (over each part of one too "
        "large for the memory), and after training by averages over the batches.",
    )
    initial: Literal["random", "ppmi"] = Field(
        "random",
        description="What embeddings of categories are trained from: random vectors, or vectors by what stands near a "
        "code in the training clients' events (SVD of positive pointwise mutual information).",
        json_schema_extra=NO_MEMORY,
    )
    leave_out: Literal["auto"] | tuple[str, ...] = Field(
        "auto",
        description="Columns of an event that are neither read nor predicted; auto: categories that give clients away "
        "(who the client is takes at least half of the entropy).",
    )
    readout: Literal["auto", "last", "mean", "max", "mean_last"] = Field(
        "auto",
        description="What becomes the embedding: auto is the last state of a recurrent network and a first token of a "
        "Transformer; or the last, the mean or the greatest of the states after every event; or mean and last side by "
        "side, twice as wide.",
    )
    window: Annotated[int, Field(ge=1)] | Literal["auto"] | None = Field(
        "auto",
        description="Longer histories are embedded as the mean over windows of like length, of at most so many events "
        "each; auto: as many as a sub-sequence of the training may have; null: histories are read at once.",
    )

    def reads(self, schema: "StoreSchema") -> "StoreSchema":
        """What is read of events of a schema."""
        return schema if self.leave_out == "auto" else schema.without(self.leave_out)

    @property
    def is_causal(self) -> bool:
        """Whether a state after an event knows nothing of later events."""
        return True

    def build(self, schema: "StoreSchema") -> SequenceEncoder:
        """The module, its weights drawn from torch's generator."""
        raise NotImplementedError


ENCODERS: Registry[type[Encoder]] = Registry("encoder", "coles_ops.encoders")


def build_encoder(schema: "StoreSchema", options: Encoder, seed: int) -> SequenceEncoder:
    """The encoder of these options, its weights drawn from ``seed`` alone."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return options.build(schema)


def category_width(codes: int, largest: int) -> int:
    """Width of a category's embedding, 1.6 n^0.56 (the rule of fast.ai) up to ``largest``."""
    return min(largest, math.ceil(1.6 * codes**0.56))
