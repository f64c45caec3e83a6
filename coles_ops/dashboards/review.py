"""A report of W&B by which people review the models of a run: what was found, what it rests on, what to look at."""

from typing import Any

from coles_ops import markdown
from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.dashboards.library import libraries
from coles_ops.evaluation.lines import Line, lines
from coles_ops.evaluation.outoffold import OutOfFold
from coles_ops.evaluation.rows import BEST
from coles_ops.evaluation.words import difference
from coles_ops.run import Run
from coles_ops.schema import UserError
from coles_ops.statistics import calibrate
from coles_ops.tracking import names

CHECKLIST = (
    "The label is what will be asked for, and nothing in the events was known after it.",
    "The protocol keeps apart whom production keeps apart: groups, and time where the label lies in the future.",
    "Rows in quarantine and late rows are as many as expected.",
    "The verdict's interval, not its score, carries the decision; looks at these labels are few.",
    "What was searched for was chosen on clients that tune, never on those that are scored.",
    "Predicted probabilities are calibrated where they are used as such.",
    "Columns that give clients away are left out of the encoder.",
    "The cost of describing clients fits where it will run.",
)


def build_review(run: Run, entity: str, project: str) -> Any:
    """The ``Report``, not yet saved: verdict, rows and differences, curves, calibration, and a list to tick off.

    Raises:
        UserError: the run has no verdict yet.
        DashboardError: the library is not installed.
    """
    ws, wr = libraries()
    evaluation = Evaluation.of(run.path)
    if not evaluation.finished:
        raise UserError(f"{run.id} has no verdict yet: finish it with `coles run`")
    verdict, board = evaluation.verdict(), evaluation.leaderboard()
    own = {"entity": entity, "project": project}
    runs = wr.Runset(name=run.id, filters=[ws.Metric("Group") == run.id])
    return wr.Report(
        **own,
        title=f"Review of {run.id}"[:128],
        description=verdict.sentences[0],
        blocks=[
            wr.H1("Verdict"),
            *(wr.P(sentence) for sentence in verdict.sentences),
            *([wr.UnorderedList(verdict.remarks)] if verdict.remarks else []),
            wr.H1("Rows"),
            wr.PanelGrid(runsets=[runs], panels=_rows(wr)),
            wr.MarkdownBlock(_leaderboard(lines(board, verdict), verdict.metric)),
            wr.H1("Training"),
            wr.PanelGrid(runsets=[runs], panels=_curves(wr)),
            *_calibration(wr, evaluation),
            wr.H1("To be looked at by the reviewer"),
            wr.CheckedList([wr.CheckedListItem(line) for line in CHECKLIST]),
        ],
    )


def _rows(wr: Any) -> list[Any]:
    """Differences to the aggregates and scores, each with its interval."""
    differences = [names.DIFFERENCE_LOW, names.DIFFERENCE, names.DIFFERENCE_HIGH]
    return [
        wr.BarPlot(title="difference to plain aggregates", metrics=differences, layout=wr.Layout(w=12, h=10)),
        wr.BarPlot(title="score", metrics=[names.LOW, names.SCORE, names.HIGH], layout=wr.Layout(x=12, w=12, h=10)),
    ]


def _curves(wr: Any) -> list[Any]:
    found = (("training loss", names.LOSS), ("probe, clients that tune", names.TUNING))
    return [
        wr.LinePlot(title=title, x=names.STEP, y=[name], layout=wr.Layout(x=12 * place, w=12, h=8))
        for place, (title, name) in enumerate(found)
    ]


def _leaderboard(found: list[Line], metric: str) -> str:
    cells = ((line.name, line.family, f"{line.score:.4f}", difference(line.told)) for line in found)
    return markdown.table(["representation", "family", metric, "difference"], cells)


def _calibration(wr: Any, evaluation: Evaluation) -> list[Any]:
    """What is so by what the best representation predicts; of more than two classes nothing."""
    verdict = evaluation.verdict()
    if len(verdict.target.columns) > 2:
        return []
    found = OutOfFold.of(evaluation.scored(BEST, probe=verdict.probe), verdict.probe)
    predictions = found.predictions[BEST][..., -1]
    told = calibrate(found.design, predictions, verdict.confidence, shares=found.metric.bounded)
    numbers = zip(told.predicted, told.observed, told.low, told.high, strict=True)
    cells = ((f"{predicted:.3f}", f"{seen:.3f}", f"{low:.3f} to {high:.3f}") for predicted, seen, low, high in numbers)
    table = markdown.table(["predicted", "observed", f"{verdict.confidence:.0%} interval"], cells)
    return [wr.H1("Calibration of the best representation"), wr.MarkdownBlock(table)]
