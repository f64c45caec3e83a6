"""How an encoder is trained: what is common to all, and components that own their options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, SerializeAsAny, model_validator

from coles_ops.component import NO_MEMORY, Section, by_name
from coles_ops.datasets.names import shown_name
from coles_ops.encoders.base import ENCODERS, Encoder
from coles_ops.objectives.base import OBJECTIVES, Objective
from coles_ops.optimisers.base import OPTIMISERS, Optimiser
from coles_ops.registry import Registry
from coles_ops.samplers.base import SAMPLERS, Sampler

if TYPE_CHECKING:
    from coles_ops.store import StoreSchema

COMPONENTS: dict[str, Registry[Any]] = {
    "encoder": ENCODERS,
    "sampler": SAMPLERS,
    "objective": OBJECTIVES,
    "optimiser": OPTIMISERS,
}


class Training(Section):
    """One encoder and how it is trained. A trial overrides some of it.

    Encoder, sampler, objective and optimiser are components: {name: gru, size: 64}, or a bare name for one with its
    default options.
    """

    encoder: Annotated[SerializeAsAny[Encoder], by_name(ENCODERS, "gru")] = Field(
        "gru", validate_default=True, description="A registered sequence encoder and its options."
    )
    sampler: Annotated[SerializeAsAny[Sampler], by_name(SAMPLERS, "sample_slices")] = Field(
        "sample_slices", validate_default=True, description="A registered sampler of sub-sequences and its options."
    )
    objective: Annotated[SerializeAsAny[Objective], by_name(OBJECTIVES, "contrastive")] = Field(
        "contrastive", validate_default=True, description="A registered objective and its options."
    )
    optimiser: Annotated[SerializeAsAny[Optimiser], by_name(OPTIMISERS, "adam")] = Field(
        "adam", validate_default=True, description="A registered optimiser and its options."
    )
    steps: int = Field(
        2_000, ge=1, description="Optimiser steps of a training that is not cut short.", json_schema_extra=NO_MEMORY
    )
    probe_every: int = Field(
        100,
        ge=1,
        description="Steps from one probe of the encoder to the next; the encoder of the best one is kept.",
        json_schema_extra=NO_MEMORY,
    )
    batch_size: int = Field(128, ge=2, description="Clients in a batch.")
    accumulate: int = Field(
        1, ge=1, description="Batches whose gradients are added before a step.", json_schema_extra=NO_MEMORY
    )
    min_events: int = Field(25, ge=1, description="Clients with fewer events do not train the encoder.")
    patience: int | None = Field(
        None,
        ge=1,
        description="Stop after this many probes without a better one; null never.",
        json_schema_extra=NO_MEMORY,
    )
    precision: Literal["fp32", "bf16", "auto"] = Field(
        "fp32", description="Arithmetic of the encoder; auto takes bf16 where the processor has it."
    )
    seed: int = Field(0, ge=0, description="Seed of weights, sampling and shuffling.", json_schema_extra=NO_MEMORY)

    def built_encoder(self, schema: StoreSchema) -> Encoder:
        """The encoder's options, with what is left to ``auto`` decided: what an encoder is built by, and kept with.

        Args:
            schema: of the events that it is trained on.
        """
        window = self.sampler.longest if self.encoder.window == "auto" else self.encoder.window
        return self.encoder.model_copy(update={"window": window, "leave_out": self._left_out(schema)})

    def _left_out(self, schema: StoreSchema) -> tuple[str, ...]:
        """Stored names; by ``auto`` at least one category stays."""
        listed = self.encoder.leave_out
        if listed != "auto":
            return tuple(name for name in (*schema.categories, *schema.amounts) if shown_name(name) in listed)
        return schema.giving_away if len(schema.giving_away) < len(schema.categories) else ()

    @model_validator(mode="after")
    def _fits_together(self) -> Training:
        needs = self.objective.needs
        if self.sampler.views < needs.views:
            raise ValueError(
                f"the objective {self.objective.name} needs {needs.views} sub-sequences of a client, the sampler "
                f"{self.sampler.name} draws {self.sampler.views}"
            )
        if needs.causal and not self.encoder.is_causal:
            raise ValueError(
                f"the objective {self.objective.name} needs states that know nothing of later events: "
                f"set encoder.causal of the {self.encoder.name} to true, or take another encoder"
            )
        if needs.later and self.encoder.is_causal:
            raise ValueError(
                f"the objective {self.objective.name} needs states that know earlier and later events, and those of "
                f"this {self.encoder.name} know earlier ones alone: take the transformer, with encoder.causal false"
            )
        return self
