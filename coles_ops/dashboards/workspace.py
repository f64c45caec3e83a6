"""A workspace of W&B as code: the views of all runs of a project, drawn from what the tracker writes."""

from typing import Any

from coles_ops.dashboards.library import libraries
from coles_ops.dashboards.views import COMPARISON, COST, CURVES, RETRAINS, SEARCH
from coles_ops.tracking import names

TITLE = "coles"
SEARCHED = (names.ENCODER, names.SIZE, names.READOUT, names.SAMPLER, names.OBJECTIVE, names.RATE, names.BATCH)
_COLUMNS = (
    *(names.SCORE, names.LOW, names.HIGH, names.MEASURE),
    *(names.DIFFERENCE, names.DIFFERENCE_LOW, names.DIFFERENCE_HIGH, names.OUTCOME),
    *(names.COST, names.TUNING, names.CREATED),
)
_CONFIG_COLUMNS = (names.FAMILY, names.DATASET, names.PROTOCOL, names.ENCODER, names.SAMPLER, names.SIZE)


def build_workspace(entity: str, project: str) -> Any:
    """The ``Workspace``, not yet saved; rows are drawn by their scores, trials by those of the clients that tune.

    Raises:
        DashboardError: the library is not installed.
    """
    ws, wr = libraries()
    found = {COMPARISON: _comparison(wr), SEARCH: [_search(wr)], CURVES: _curves(wr), COST: _cost(wr)}
    found[RETRAINS] = _retrains(wr)
    return ws.Workspace(
        entity=entity,
        project=project,
        name=TITLE,
        sections=[ws.Section(name=name, panels=panels, is_open=True) for name, panels in found.items()],
        runset_settings=ws.RunsetSettings(
            order=[ws.Ordering(ws.Summary(names.SCORE), ascending=False)],
            pinned_columns=[*(f"summary:{name}" for name in _COLUMNS), *map(_column, _CONFIG_COLUMNS)],
        ),
    )


def _column(key: str) -> str:
    """A key of the configuration as the table of runs calls it."""
    first, _, rest = key.partition(".")
    return f"config:{first}.value{'.' if rest else ''}{rest}"


def _comparison(wr: Any) -> list[Any]:
    """Scores with their intervals, and the best of each kind."""
    interval = [names.LOW, names.SCORE, names.HIGH]
    best = [
        wr.BarPlot(title=title, metrics=[metric], groupby=wr.Config(key), groupby_aggfunc="max", groupby_rangefunc=area)
        for title, metric, key, area in (
            ("best score by family", names.SCORE, names.FAMILY, "minmax"),
            ("best tuning score by encoder", names.TUNING, names.ENCODER, "minmax"),
            ("best tuning score by sampler", names.TUNING, names.SAMPLER, "minmax"),
            ("best tuning score by size", names.TUNING, names.SIZE, "minmax"),
        )
    ]
    return [
        wr.BarPlot(title="score and its interval", metrics=interval, max_bars_to_show=60, layout=_wide(wr)),
        wr.BarPlot(
            title="difference to plain aggregates and its interval",
            metrics=[names.DIFFERENCE_LOW, names.DIFFERENCE, names.DIFFERENCE_HIGH],
            max_bars_to_show=60,
            layout=_wide(wr),
        ),
        *best,
    ]


def _search(wr: Any) -> Any:
    """A line a trial, through what it was to its score."""
    columns = [wr.ParallelCoordinatesPlotColumn(wr.Config(key), display_name=names.short(key)) for key in SEARCHED]
    scores = [wr.ParallelCoordinatesPlotColumn(wr.SummaryMetric(name)) for name in (names.SECONDS, names.TUNING)]
    return wr.ParallelCoordinatesPlot(title="all trials", columns=[*columns, *scores], layout=_wide(wr, height=10))


def _curves(wr: Any) -> list[Any]:
    return [
        wr.LinePlot(title=title, x=names.STEP, y=[metric], title_x="optimiser step", max_runs_to_show=100)
        for title, metric in (("training loss", names.LOSS), ("probe, clients that tune", names.TUNING))
    ]


def _cost(wr: Any) -> list[Any]:
    rows = wr.ScatterPlot(title="all rows", x=names.COST, y=names.SCORE, log_x=True)
    return [rows, wr.ScatterPlot(title="all trials", x=names.SECONDS, y=names.TUNING, log_x=True)]


def _retrains(wr: Any) -> list[Any]:
    created = wr.Metric("CreatedTimestamp")
    return [wr.ScatterPlot(title=name, x=created, y=name) for name in (names.SCORE, names.DIFFERENCE)]


def _wide(wr: Any, height: int = 8) -> Any:
    return wr.Layout(w=24, h=height)
