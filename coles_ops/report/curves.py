"""What training did by step: losses and tuning scores of trials."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import matplotlib as mpl

from coles_ops.artefacts.trial import METRIC, Status
from coles_ops.artefacts.trials import Trials
from coles_ops.report.figure import blank, styles, svg


@dataclass(frozen=True)
class Curve:
    """A trial's probes."""

    encoder: str
    objective: str
    history: Sequence[Mapping[str, float]]  # fields of ``ProbeRecord``
    faint: bool = False  # in the background

    @property
    def name(self) -> str:
        """What shares a colour."""
        return f"{self.encoder} · {self.objective}"


def curves_of(trials: Trials) -> Iterator[Curve]:
    """Of trials that did not fail; faint, those that were out after a round."""
    for trial in trials.records():
        if trial.status is not Status.FAILED:
            history = [probe.model_dump() for probe in trials.folder(trial.trial).progress()]
            spec, faint = trial.training, trial.status is not Status.FINISHED
            yield Curve(spec.encoder.name, spec.objective.name, history, faint)


def draw_curves(found: Iterable[Curve], metric: str) -> list[str]:
    """Loss, a picture an objective, as losses of two are on different scales, and tuning score."""
    found = list(found)
    objectives = sorted({curve.objective for curve in found})
    looks = dict(zip(sorted({curve.name for curve in found}), styles(), strict=False))
    panels = [("loss", f"training loss{f', {name}' if len(objectives) > 1 else ''}", {name}) for name in objectives]
    pictures = []
    for key, title, own in (*panels, (METRIC, f"probe {metric}, clients that tune", set(objectives))):
        figure, axes = blank()
        for curve in (curve for curve in found if curve.objective in own):
            label = None if curve.name in axes.get_legend_handles_labels()[1] else curve.name
            x, y = ([probe[name] for probe in curve.history] for name in ("step", key))
            axes.plot(x, y, markersize=3, alpha=0.35 if curve.faint else 0.9, label=label, **looks[curve.name])
        axes.set(xlabel="optimiser step", title=title)
        axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(5, integer=True))
        pictures.append(svg(figure, legend=True))
    return pictures
