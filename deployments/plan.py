"""What a run would do, before anything costs time."""

from collections import Counter

import pyarrow.parquet as pq
from rich.console import Console

from coles_ops.config import Config
from coles_ops.run import open_run
from coles_ops.schema import Part
from coles_ops.store import EventStore

_STAGES = {
    "validate": "validation",
    "search": "trials",
    "evaluate": "leaderboard.parquet",
    "track": "wandb",
    "report": "report.html",
}


def show_plan(console: Console, config: Config) -> None:
    """Print trials, the events they would read, and the stages found done."""
    from coles_ops.tuning import plan_trials

    run = open_run(config)
    trials = plan_trials(config)
    search = config.search
    console.print(f"run {run.id} in {run.path}", soft_wrap=True, highlight=False)
    console.print(f"input: {_input(config, run.manifest)}", soft_wrap=True)
    console.print(
        f"search: {len(trials)} trials ({search.algorithm}, scheduler {search.scheduler}), "
        f"at most {sum(t.epochs for t in trials)} epochs in all"
    )
    for field in search.space:
        counts = Counter(getattr(trial, field) for trial in trials)
        console.print(f"  {field}: {', '.join(f'{value} x {n}' for value, n in counts.items())}", highlight=False)
    done = [stage for stage, result in _STAGES.items() if (run.path / result).exists()]
    if "preprocess" in run.manifest["stages"]:
        done.insert(1, "preprocess")
    console.print(f"done already: {', '.join(done) or 'nothing'}")
