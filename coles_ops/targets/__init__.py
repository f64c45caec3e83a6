"""What is predicted of a client, and all that follows from its kind: one of some classes, or a number."""

from typing import Annotated, Literal

from pydantic import Field

from coles_ops.targets.base import Target
from coles_ops.targets.classes import Classes
from coles_ops.targets.number import Number

AnyTarget = Annotated[Classes | Number, Field(discriminator="kind")]  # of a field that is read again
UNLABELLED = Classes()
LabelKind = Literal["classes", "number"]

__all__ = ["UNLABELLED", "AnyTarget", "Classes", "LabelKind", "Number", "Target"]
