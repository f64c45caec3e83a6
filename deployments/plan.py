"""What a run would do, before anything costs time."""

from collections import Counter
from contextlib import suppress
from pathlib import Path
from statistics import mean

from rich.console import Console

from coles_ops.artefacts import DamagedError
from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.production import Production
from coles_ops.artefacts.report import Report
from coles_ops.artefacts.trial import TrialRecord
from coles_ops.artefacts.trials import Trials
from coles_ops.config import Config, Training, chosen
from coles_ops.listed import Tuning
from coles_ops.run import Run, list_runs, open_run
from coles_ops.training import batches_of, training_rows
from coles_ops.tuning import plan_rounds, plan_trials


def _results(run: Run) -> dict[str, Path]:
    """Stage to what is there once it is done."""
    return {
        "validate": run.path / "validation",
        "search": Trials.of(run.path).path,
        "evaluate": Evaluation.of(run.path).verdict_file,
        "refit": Production.of(run.path).path,
        "track": run.path / "wandb",
        "report": Report.of(run.path).path,
    }


def show_plan(console: Console, config: Config) -> None:
    """Print input, trials and the stages found done; creates nothing but the run's folder."""
    trials = plan_trials(config)
    run = open_run(config)
    size = sum(file["bytes"] for file in run.manifest["inputs"]) / 2**20
    console.print(f"run     {run.id}")
    console.print(f"input   {config.dataset.name}, {len(run.manifest['inputs'])} files, {size:,.1f} MB")
    console.print(f"search  {len(trials)} trials ({config.search.algorithm})")
    for key in config.search.space:
        counts = Counter(str(chosen(trial, key)) for trial in trials)
        console.print(f"        {key}: " + ", ".join(f"{v} x {n}" for v, n in counts.items()))
    for line in _budget(run, trials):
        console.print(f"        {line}")
    done = [stage for stage, result in _results(run).items() if result.exists()]
    console.print(f"done    {', '.join(done) or 'nothing yet'}")


def _budget(run: Run, trials: list[Training]) -> list[str]:
    """Rounds, optimiser steps in all, and as far as it is known how many passes and minutes they are."""
    search, full = run.config.search, max(spec.steps for spec in trials)
    rounds = [(count, end or full) for count, end in plan_rounds(run.config)]
    lines = [f"round {n}: {count} trials up to step {end:,}" for n, (count, end) in enumerate(rounds, 1)]
    lines.append(f"finalists: {min(search.finalists, rounds[-1][0])}, each by {search.seeds} seeds")
    begins = [0, *(end for _, end in rounds)]
    total = sum(count * (end - begin) for (count, end), begin in zip(rounds, begins, strict=False))
    total += min(search.finalists, rounds[-1][0]) * (search.seeds - 1) * rounds[-1][1]
    if run.config.production.refit:
        lines.append("the winner is trained once more, on all clients, for use")
        total += rounds[-1][1]
    lines.append(f"at most {total:,} optimiser steps" + _minutes(run.config, trials, total))
    tuned = [each for each in run.config.evaluation.representations if isinstance(each, Tuning)]
    inner = run.config.evaluation.protocol.inner
    lines += [f"{each.row}: in each fold of the evaluation {inner} x {each.steps:,} steps more" for each in tuned]
    if events := _events(run):
        batches = [batches_of(len(training_rows(events.store, spec)), spec) / spec.accumulate for spec in trials]
        lines.append(f"a pass over the clients is {min(batches):,.0f} to {max(batches):,.0f} steps")
    return lines


def _events(run: Run) -> Events | None:
    found = (Events(path=path, fingerprint=path.name) for path in run.store_folders)
    return next((events for events in found if events.facts_file.exists()), None)


def _minutes(config: Config, trials: list[Training], steps: int) -> str:
    """How long so many steps take, where trials like these have ended in this home folder."""
    wanted = {_cost(spec) for spec in trials}
    ended = [record for run in list_runs() for record in _ended(run)]
    if not (known := [each.seconds / each.steps for each in ended if each.seconds and _cost(each.training) in wanted]):
        return ""
    at_once = max(1, int(config.resources.cores // config.resources.cpus_per_trial))
    return f", about {steps * mean(known) / at_once / 60:,.0f} minutes as trials like these took"


def _cost(training: Training) -> str:
    """What the seconds of a step depend on."""
    return training.model_dump_json(
        include={"encoder", "sampler", "objective", "batch_size", "accumulate", "precision"}
    )


def _ended(run: Run) -> list[TrialRecord]:
    trials = Trials.of(run.path)
    with suppress(DamagedError):  # `coles check` tells of it
        return trials.records() if trials.path.exists() else []
    return []
