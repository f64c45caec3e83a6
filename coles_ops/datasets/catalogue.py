"""What datasets there are, and whether their files are here."""

from coles_ops.datasets.base import DATASETS
from coles_ops.schema import DataError


def catalogue() -> list[tuple[str, str, str]]:
    """(name, what it is, state) of every registered dataset."""
    return [(name, (DATASETS.get(name).__doc__ or "").splitlines()[0], _state(name)) for name in DATASETS.names()]


def _state(name: str) -> str:
    model = DATASETS.get(name)
    if any(field.is_required() for field in model.model_fields.values()):
        return "needs a configuration of yours"
    try:
        files = model.model_validate({"name": name}).files()
        return f"{sum(file.stat().st_size for file in files) / 2**20:,.0f} MB here"
    except (DataError, OSError) as error:
        return str(error)
