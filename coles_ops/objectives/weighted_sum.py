"""Several objectives at once, of the same sub-sequences and states."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field, SerializeAsAny, field_validator
from torch import Tensor, nn

from coles_ops.component import NO_MEMORY, Section, by_name
from coles_ops.encoders.base import SequenceEncoder
from coles_ops.objectives.base import OBJECTIVES, Batch, Needs, Objective

if TYPE_CHECKING:
    from coles_ops.store import StoreSchema


_USUAL: Any = ({"objective": "contrastive"}, {"objective": "next_event", "weight": 0.1})


class Part(Section):
    """One of the objectives."""

    objective: Annotated[SerializeAsAny[Objective], by_name(OBJECTIVES, "contrastive")]
    weight: float = Field(1.0, gt=0, json_schema_extra=NO_MEMORY)


@OBJECTIVES.register("weighted_sum")
class WeightedSum(Objective):
    """A weighted sum of objectives, each as its mean over its own terms, with weights of its own.

    Where one hides events, they are hidden from all.
    """

    model_config = ConfigDict(validate_default=True)

    name: Literal["weighted_sum"] = Field("weighted_sum", description="Several objectives at once.")
    parts: tuple[Part, ...] = Field(
        _USUAL,
        min_length=1,
        description="Objectives and their weights: a list of {objective, weight}.",
    )

    @field_validator("parts")
    @classmethod
    def _fit_together(cls, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        if any(isinstance(part.objective, WeightedSum) for part in parts):
            raise ValueError("a part of a weighted_sum is no weighted_sum itself: list its parts")
        needs = [part.objective.needs for part in parts]
        if any(each.causal for each in needs) and any(each.later for each in needs):
            raise ValueError(
                "a part predicts events from those before, another from those after, too: no state is both"
            )
        return parts

    @property
    def needs(self) -> Needs:
        """What any of them needs."""
        needs = [part.objective.needs for part in self.parts]
        return Needs(
            views=max(each.views for each in needs),
            labels=any(each.labels for each in needs),
            per_event=any(each.per_event for each in needs),
            causal=any(each.causal for each in needs),
            later=any(each.later for each in needs),
            hidden=max(each.hidden for each in needs),
        )

    def build(self, encoder: SequenceEncoder, schema: "StoreSchema", /) -> nn.Module:
        """All of them."""
        return _WeightedSum(self, encoder, schema)


class _WeightedSum(nn.Module):
    def __init__(self, options: WeightedSum, encoder: SequenceEncoder, schema: "StoreSchema"):
        super().__init__()
        self.weights = [part.weight for part in options.parts]
        self.parts = nn.ModuleList(part.objective.build(encoder, schema) for part in options.parts)

    def forward(self, batch: Batch) -> tuple[Tensor, int]:
        """The weighted mean times the sub-sequences, and how many those are."""
        total, S = batch.embeddings.new_zeros(()), len(batch.clients)
        for weight, part in zip(self.weights, self.parts, strict=True):
            loss, count = part(batch)
            total = total + weight * S / max(count, 1) * loss
        return total, S
