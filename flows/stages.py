"""Parts of the job as flows of their own."""

from typing import Any

from prefect import flow

from coles_ops.preprocess import shared_spark
from flows.running import running
from tasks.stages import read, validate


@flow(name="coles-validate")
def coles_validate(config: str = "completejourney", overrides: dict[str, Any] | None = None) -> str:
    """Check the raw data against its expectations, and nothing else.

    Args:
        config: Name of a configuration in `configs/`, or the path of a YAML file of your own.
        overrides: Dotted keys to values laid over the configuration.
    """
    with running(config, overrides) as run, shared_spark():
        return str(validate(run, read(run)).path)
