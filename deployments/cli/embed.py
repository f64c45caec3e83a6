"""``coles embed``: new events by the encoder of a run."""

from pathlib import Path
from typing import Annotated

import typer

from deployments.cli.console import app, log_to_console, mistakes, out, overrides_of

BundleArgument = Annotated[
    str, typer.Argument(metavar="RUN|BUNDLE", help="A run's name (the newest), its id, or the folder of a bundle.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A value of resources.* or validation.*; repeatable."),
]


@app.command()
def embed(
    bundle: BundleArgument,
    events: Annotated[str, typer.Option(help="CSV or Parquet in the schema of the run: a file, a folder or a glob.")],
    to: Annotated[Path, typer.Option("--out", help="Folder to make; the same command goes on where it was stopped.")],
    set_: SetOption = None,
) -> None:
    """Embed the clients of new events by a run's best encoder: Parquet, a row a client."""
    with mistakes():
        from coles_ops.scratch import own_temporary_folder

        overrides = overrides_of(set_)
        own_temporary_folder()
        from coles_ops.artefacts.embeddings import Embeddings
        from deployments.show import show_embeddings
        from flows.embed import coles_embed

        log_to_console()
        made = coles_embed.fn(bundle, events, str(to), overrides)
        show_embeddings(out, Embeddings(path=Path(made), fingerprint=""))
