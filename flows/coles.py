"""The whole job: from raw events to an honest verdict."""

from typing import Any

from prefect import flow

from coles_ops.preprocess import shared_spark
from coles_ops.tracking import shown_live
from flows.running import running
from tasks.stages import evaluate, pack, preprocess, read, refit, report, search, split, track, validate


@flow(name="coles", log_prints=False)
def coles(config: str = "completejourney", overrides: dict[str, Any] | None = None) -> str:
    """Validate raw events, search for the best encoder and say which representation to use.

    Args:
        config: Name of a configuration in `configs/`, or the path of a YAML file of your own.
        overrides: Dotted keys to values laid over the configuration, e.g. {"training.steps": 3}.

    Returns:
        The run's folder, with report.html and evaluation/.
    """
    with running(config, overrides) as run:
        with shared_spark():
            rows = read(run)
            validation = validate(run, rows)
        clients = split(run, validation)
        events = preprocess(run, rows, clients)
        with shown_live(run):
            trials = search(run, events)
            evaluation = evaluate(run, events, trials)
        production = refit(run, events, trials, evaluation)
        pack(run, events, trials, evaluation, production)
        track(run, trials, evaluation)
        report(run, validation, events, trials, evaluation)
        return str(run.path)
