"""What W&B would be sent."""

from typing import Any


def spec_of(made: Any) -> dict[str, Any]:
    """What a workspace or a report is saved as; nothing public tells without a login."""
    return made._to_model().model_dump(mode="json", by_alias=True, exclude_none=True)["spec"]
