"""The configuration reference, written from the models: ``python -m deployments.reference [--check]``."""

import inspect
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from coles_ops.config import COMPONENTS, Config, Range, Section
from coles_ops.datasets import DATASETS
from coles_ops.listed import LISTED
from coles_ops.probes import PROBES
from coles_ops.protocols import PROTOCOLS
from deployments.environment import ROOT

TARGET = ROOT / "docs" / "configuration.md"


def reference() -> str:
    """Markdown with a table for every section and every component."""
    parts = [
        "# Configuration",
        "Written from the models by `python -m deployments.reference`; do not edit. "
        "Keys are dotted: `--set training.steps=3`.",
    ]
    for name, field in Config.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            parts += [f"## {name}", inspect.getdoc(field.annotation) or "", _table(field.annotation)]
    parts += ["## A range in search.space", _table(Range)]
    registries = {f"training.{key}": registry for key, registry in COMPONENTS.items()}
    registries |= {"evaluation.protocol": PROTOCOLS, "evaluation.probes": PROBES, "evaluation.representations": LISTED}
    registries |= {"dataset": DATASETS}
    for key, registry in registries.items():
        for name in registry.names():
            model = registry.get(name)
            parts += [f"## {key}: {name}", inspect.getdoc(model) or "", _table(model)]
    return "\n\n".join(parts) + "\n"


def _table(model: type[BaseModel]) -> str:
    return "\n".join(["| key | default | meaning |", "| --- | --- | --- |", *_rows(model)])


def _rows(model: type[BaseModel], section: str = "") -> list[str]:
    rows = []
    for name, field in model.model_fields.items():
        key = f"{section}{field.alias or name}"
        if isinstance(field.default, BaseModel):
            rows += _rows(type(field.default), f"{key}.")
            continue
        default = "required" if field.is_required() else f"`{_shown(field.default)}`"
        rows.append(f"| `{key}` | {default} | {field.description} |")
    return rows


def _shown(value: Any) -> str:
    return "null" if value is None else str(list(value)) if isinstance(value, tuple) else str(value)


def main(target: Path = TARGET) -> int:
    """Write the reference, or with ``--check`` say whether it is up to date."""
    if "--check" in sys.argv:
        return int(target.read_text() != reference())
    target.write_text(reference())
    return 0


if __name__ == "__main__":
    sys.exit(main())
