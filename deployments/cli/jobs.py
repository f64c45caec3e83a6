"""Commands that do the job, or say what it would be."""

from pathlib import Path
from typing import Annotated

import typer

from deployments.cli.console import (
    ConfigArgument,
    SetOption,
    absolute,
    app,
    err,
    log_to_console,
    mistakes,
    out,
    overrides_of,
)


@app.command()
def run(
    config: ConfigArgument,
    set_: SetOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the plan.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait while another process works on the run.")] = False,
) -> None:
    """Run the whole job in this process; no server is needed."""
    if dry_run:
        plan(config, set_)
        return
    with mistakes():
        from coles_ops.config import load_config
        from coles_ops.run import Run
        from coles_ops.scratch import own_temporary_folder

        overrides = overrides_of(set_)
        load_config(config, overrides)  # a mistake shows before the heavy libraries are imported
        own_temporary_folder()
        from deployments.show import show_run
        from flows.coles import coles
        from flows.running import PATIENT

        log_to_console()
        PATIENT.set(wait)
        folder = coles.fn(config, overrides)
        show_run(out, Run(Path(folder)))


@app.command()
def plan(config: ConfigArgument, set_: SetOption = None) -> None:
    """Show what would run: trials, events to train on, stages that are done; and the first events as they are read."""
    with mistakes():
        from coles_ops.config import load_config
        from deployments.plan import show_plan
        from deployments.preview import show_preview

        loaded = load_config(config, overrides_of(set_))
        show_plan(out, loaded)
        show_preview(out, loaded.dataset)


@app.command()
def launch(config: ConfigArgument = "completejourney", set_: SetOption = None) -> None:
    """Start Prefect on loopback, run coles/full on it, show its progress and result, stop Prefect."""
    with mistakes():
        from coles_ops.config import load_config
        from coles_ops.datasets.places import places
        from coles_ops.run import open_run
        from coles_ops.tuning import plan_trials
        from deployments.follow import run_deployment
        from deployments.local import local_prefect
        from deployments.show import show_run

        overrides = overrides_of(set_)
        settings = load_config(config, overrides)  # a mistake shows before anything is started
        overrides |= places(settings.dataset)
        plan_trials(settings)
        run = open_run(settings)
        log_to_console()
        with local_prefect():
            flow_run = run_deployment(
                "coles/full",
                {"config": absolute(config), "overrides": overrides},
                lambda line: out.print(line, soft_wrap=True),
            )
        state = flow_run.state
        if not state or not state.is_completed():
            err.print(f"coles/full ended {state and state.name}: {state and state.message}")
            raise typer.Exit(1)
        page = f"http://127.0.0.1:4200/runs/flow-run/{flow_run.id}"
        show_run(out, run, ui=f"{page}  (after `make serve`)")
