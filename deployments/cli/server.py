"""Commands around a Prefect server."""

from typing import Annotated

import typer

from deployments.cli.console import app, log_to_console, mistakes, out


@app.command()
def serve(port: Annotated[int, typer.Option(help="Port of the server and UI on 127.0.0.1.")] = 4200) -> None:
    """Keep a Prefect server, its UI and a worker on loopback until Ctrl-C; what dies of them is started again."""
    with mistakes():
        from threading import Event

        from deployments.local import local_prefect

        log_to_console()
        with local_prefect(port) as url:
            out.print(f"Prefect UI on {url.removesuffix('/api')}; in another shell:")
            out.print(f"  PREFECT_API_URL={url} prefect deployment run coles/full", soft_wrap=True)
            Event().wait()


@app.command()
def deploy(
    pool_type: Annotated[str, typer.Option(help="Type of the work pool, where it lacks.")] = "process",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be registered.")] = False,
) -> None:
    """Register the deployments with the Prefect server of PREFECT_API_URL; again is safe."""
    with mistakes():
        from deployments.registration import deployment_names, register

        for name in deployment_names() if dry_run else register(pool_type):
            out.print(name)
