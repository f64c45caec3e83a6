"""What a run would do, before anything costs time."""

from collections import Counter
from pathlib import Path

from rich.console import Console

from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.artefacts.report import Report
from coles_ops.artefacts.trials import Trials
from coles_ops.config import Config, chosen
from coles_ops.evaluation import check_probes
from coles_ops.run import Run, open_run
from coles_ops.tuning import plan_trials


def _results(run: Run) -> dict[str, Path]:
    """Stage to what is there once it is done."""
    return {
        "validate": run.path / "validation",
        "search": Trials.of(run.path).path,
        "evaluate": Evaluation.of(run.path).verdict_file,
        "track": run.path / "wandb",
        "report": Report.of(run.path).path,
    }


def show_plan(console: Console, config: Config) -> None:
    """Print input, trials and the stages found done; creates nothing but the run's folder."""
    trials = plan_trials(config)
    check_probes(config.evaluation)
    run, search = open_run(config), config.search
    size = sum(file["bytes"] for file in run.manifest["inputs"]) / 2**20
    console.print(f"run     {run.id}")
    console.print(f"input   {config.dataset.name}, {len(run.manifest['inputs'])} files, {size:,.1f} MB")
    console.print(f"search  {len(trials)} trials ({search.algorithm}, scheduler {search.scheduler})")
    for key in search.space:
        counts = Counter(str(chosen(trial, key)) for trial in trials)
        console.print(f"        {key}: " + ", ".join(f"{v} x {n}" for v, n in counts.items()))
    console.print(f"        at most {sum(trial.epochs for trial in trials)} epochs")
    done = [stage for stage, result in _results(run).items() if result.exists()]
    console.print(f"done    {', '.join(done) or 'nothing yet'}")
