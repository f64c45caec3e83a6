"""All runs at a glance."""

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from deployments.cli.console import app, mistakes, out


@app.command()
def dashboard(
    page: Annotated[
        Path | None, typer.Option("--out", help="File of the page; dashboard.html in the home folder by default.")
    ] = None,
    project: Annotated[str | None, typer.Option(help="W&B project to put the views into.")] = None,
    entity: Annotated[str | None, typer.Option(help="W&B team or user; that of the login by default.")] = None,
    review: Annotated[
        str | None,
        typer.Option("--report", metavar="RUN", help="Make a W&B report to review this run by; no page."),
    ] = None,
    browse: Annotated[bool, typer.Option("--open", help="Open the page, or the W&B report, in the browser.")] = False,
) -> None:
    """Write one page of all finished runs, and put the same views into W&B where runs are tracked online.

    With --project they go into that one, whatever runs say.
    """
    with mistakes():
        from coles_ops.artefacts import home
        from coles_ops.dashboards.gather import gather
        from coles_ops.dashboards.page import write_page
        from coles_ops.run import find_run, list_runs
        from coles_ops.schema import UserError

        if review:
            from coles_ops.dashboards.publish import publish_review

            if page:
                raise UserError("--report writes no page: leave out --out")
            run = find_run(review)
            to = run.config.tracking
            address = publish_review(run, project or to.project, entity or to.entity)
            out.print(address, soft_wrap=True)
            if browse:
                webbrowser.open(address)
            return
        found = gather(list_runs())
        written = write_page(found, page or home().dashboard)
        out.print(str(written), soft_wrap=True)
        if browse:
            webbrowser.open(written.absolute().as_uri())
        tracked = [told.run.config.tracking for question in found.questions for told in question.told]
        wanted = {(each.project, entity or each.entity) for each in tracked if each.mode == "online"}
        for name, owner in [(project, entity)] if project else sorted(wanted, key=str):
            from coles_ops.dashboards.publish import publish_workspace

            out.print(publish_workspace(name, owner), soft_wrap=True)
