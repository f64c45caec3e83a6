"""The statistics of the verdict on made-up data whose truth is known: the tables of docs/verdict.md.

``python -m benchmarks.verdict`` writes them anew, in some minutes; with ``--quick`` it prints them of fewer data sets.
"""

import argparse
import re
from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from pathlib import Path

import numpy as np
from scipy.stats import t as student

from benchmarks.measure import console
from benchmarks.numbers import Numbers, RefittedNumbers
from benchmarks.worlds import Refitted, Search, World
from coles_ops.statistics import Estimate, Scored, estimate, gain, within

PAGE = Path(__file__).parent.parent / "docs" / "verdict.md"
CONFIDENCE = 0.95
_CHUNK = 2_000_000  # predictions drawn at once

WORLDS = [
    World("independent, half positive"),
    World("independent, one in ten", positives=80),
    World("200 clients, half positive", 200, 100),
    World("20 positives of 1,000", 1000, 20),
    World("20 positives of 1,000, ROC-AUC .90", 1000, 20, auc=0.9),
    World("50 positives of 1,000, ROC-AUC .90", 1000, 50, auc=0.9),
    World("groups of four", group=4),
    World("groups of four, not told", group=4, told=False),
    World("groups of four, 20 of them positive", positives=80, group=4),
    World("five seeds alike", seeds=5),
    World("five seeds of ROC-AUC .02 apart", seeds=5, spread=0.02),
]
SEARCHES = [
    Search("2 finalists as good as the baseline, .60", trials=2),
    Search("18 as good as the baseline, .60"),
    Search("18 of noise, as the baseline", auc=0.5),
    Search("18 as good as the baseline, 100 clients", clients=100),
    Search("6 as good as the baseline, 3 of them by five seeds", trials=6, seeds=5),
    Search("6 that add nothing to the baseline", trials=6, added=True),
    Search("18 that add nothing to the baseline", added=True),
    Search("6 that add nothing, 3 of them by five seeds, 200 clients", 200, trials=6, seeds=5, added=True),
]
REFITTED = [
    Refitted("200 clients, 8 features", 200, 100, 8),
    Refitted("200 clients, 32 features", 200, 100, 32),
    Refitted("800 clients, 32 features", 800, 400, 32),
    Refitted("the same, sets alike by .9", 800, 400, 32, alike=0.9),
    Refitted("400 clients in groups of four, 16 features", 400, 200, 16, group=4),
    Refitted("1,000 clients, 20 positives, 8 features", 1000, 20, 8),
]
NUMBERS = [
    Numbers("independent, R2 .30"),
    Numbers("R2 .05", r2=0.05),
    Numbers("200 clients", 200),
    Numbers("labels of a long tail", skew=True),
    Numbers("groups of four", group=4),
    Numbers("groups of four, not told", group=4, told=False),
    Numbers("five seeds of R2 .02 apart", seeds=5, spread=0.02),
]
REFITTED_NUMBERS = [
    RefittedNumbers("refitted, 200 clients, 8 features", 200, 8),
    RefittedNumbers("refitted, 800 clients, 32 features", 800, 32),
    RefittedNumbers("the same, sets alike by .9", 800, 32, alike=0.9),
]
Table = list[list[str]]
Rows = tuple[Scored, Scored]


def estimates(draw: Callable[[int], Rows], count: int, predictions: int) -> tuple[Estimate, Estimate]:
    """The score of the first row and its difference to the second, of so many data sets, drawn some at a time.

    Args:
        draw: so many data sets.
        count: data sets in all.
        predictions: in one data set.
    """
    chunk, found = max(1, _CHUNK // predictions), []
    for first in range(0, count, chunk):
        one, other = draw(min(chunk, count - first))
        found.append((estimate(one), estimate(gain(one, other))))
    return joined([each for each, _ in found]), joined([each for _, each in found])


def joined(parts: list[Estimate]) -> Estimate:
    """Of all their data sets."""
    found = {field.name: [getattr(part, field.name) for part in parts] for field in fields(Estimate)}
    sizes = [part.value.shape for part in parts]
    arrays = {
        name: np.concatenate([np.broadcast_to(*each) for each in zip(values, sizes, strict=True)])
        for name, values in found.items()
        if isinstance(values[0], np.ndarray)
    }
    return Estimate(**{name: values[0] for name, values in found.items()} | arrays)


def covered(found: Estimate, truth: float | np.ndarray) -> float:
    """Share of intervals that hold the truth."""
    low, high = found.interval(CONFIDENCE)
    return float(np.mean((low <= truth) & (truth <= high)))


def better(found: Estimate) -> float:
    """Share of data sets in which the first row is called better."""
    return float(np.mean(2 * found.above(0) <= 1 - CONFIDENCE))


def equivalent(found: Estimate, delta: float) -> float:
    """Share of data sets in which the rows are called equivalent within delta."""
    return float(np.mean(2 * within(found, delta) <= 1 - CONFIDENCE))


def of_world(world: World, count: int, ahead: float = 0, seed: int = 0) -> tuple[Estimate, Estimate]:
    """Score and difference."""
    rng = np.random.default_rng(seed)
    return estimates(lambda b: world.draw(b, ahead, rng), count, world.clients * world.seeds)


def of_numbers(world: Numbers | RefittedNumbers, count: int, ahead: float = 0) -> tuple[Estimate, Estimate]:
    """Score and difference of predicted numbers."""
    rng = np.random.default_rng(0)
    draw = partial(world.draw, ahead) if isinstance(world, Numbers) else world.draw
    return estimates(lambda _: draw(rng), count, _CHUNK)


def numbers(count: int) -> Table:
    """Predicted numbers, R2: what intervals hold, and how often a word is wrong."""
    rows = [["numbers, R2", "score", "difference", "*better* of none", "error to be", "ours"]]
    for world in (*NUMBERS, *REFITTED_NUMBERS):
        one, none = of_numbers(world, count)
        truth = world.r2 if isinstance(world, Numbers) else float(one.value.mean())
        figures = covered(one, truth), covered(none, 0), better(none)
        sizes = none.value.std(), none.error.mean()
        rows.append([world.name, *(f"{figure:.3f}" for figure in figures), *(f"{size:.4f}" for size in sizes)])
    return rows


def coverage(count: int) -> Table:
    """Made-up predictions: what intervals hold, and how often a word is wrong."""
    rows = [["made-up predictions", "score", "difference", "*better* of none", "*equivalent* at delta"]]
    for world in WORLDS:
        one, none = of_world(world, count)
        delta, near = near_delta(world, float(np.median(none.error)))
        _, apart = of_world(near, count, delta, seed=1)
        figures = covered(one, world.auc), covered(none, 0), better(none), equivalent(apart, delta)
        rows.append([world.name, *(f"{figure:.3f}" for figure in figures)])
    return rows


def near_delta(world: World, error: float) -> tuple[float, World]:
    """Delta, and a world whose rows are so alike that its clients can tell it from zero.

    Args:
        world: whose rows are less alike, or whose seeds are apart: then delta is larger.
        error: of its differences.
    """
    if world.spread:
        return 3 * error, world
    return 0.01, replace(world, alike=1 - (1 - world.alike) * (0.01 / 3 / error) ** 2)


def of_search(search: Search, count: int, nested: bool, seed: int = 0) -> Estimate:
    """The difference of what was chosen to the baseline."""
    rng = np.random.default_rng(seed)
    predictions = search.clients * (search.trials * search.seeds + 1)
    return estimates(lambda b: search.draw(b, nested, rng), count, predictions)[1]


def selection(count: int) -> Table:
    """What is chosen among candidates none of which is better than the baseline, or adds to it."""
    rows = [
        [
            "candidates, none better",
            "chosen within folds",
            "mean difference",
            "chosen by who is scored",
            "mean difference ",
        ]
    ]
    for search in SEARCHES:
        found = [of_search(search, count, nested) for nested in (True, False)]
        rows.append(
            [search.name, *(cell for each in found for cell in (f"{better(each):.3f}", f"{each.value.mean():+.3f}"))]
        )
    return rows


def of_refitted(world: Refitted, count: int, seed: int = 0) -> tuple[Estimate, Estimate, np.ndarray, np.ndarray]:
    """Score, difference, and its mean and error (B,) by Nadeau and Bengio (2003)."""
    rng, errors = np.random.default_rng(seed), []

    def draw(b: int) -> Rows:
        (one, other), by_fold = world.draw(b, rng)
        apart = by_fold[0] - by_fold[1]  # (B, R * K)
        errors.append(np.sqrt(apart.var(axis=1, ddof=1) * (1 / apart.shape[1] + 1 / (world.folds - 1))))
        return one, other

    one, difference = estimates(draw, count, world.clients * world.features * 10)
    return one, difference, difference.value, np.concatenate(errors)


def refitted(count: int) -> Table:
    """Logistic regressions refitted in 3 x 5 folds: whether intervals hold what a new data set would give."""
    rows = [
        [
            "refitted models",
            "score",
            "difference",
            "*better* of none",
            "clients alone",
            "Nadeau-Bengio",
            "error to be",
            "ours",
            "theirs",
        ]
    ]
    for world in REFITTED:
        one, none, value, theirs = of_refitted(world, count)
        alone = np.abs(value) <= student.ppf((1 + CONFIDENCE) / 2, none.freedom) * np.sqrt(none.clients)
        held = np.abs(value) <= student.ppf((1 + CONFIDENCE) / 2, world.folds * world.repeats - 1) * theirs
        figures = covered(one, float(one.value.mean())), covered(none, 0), better(none), alone.mean(), held.mean()
        sizes = value.std(), none.error.mean(), theirs.mean()
        rows.append([world.name, *(f"{figure:.3f}" for figure in figures), *(f"{size:.4f}" for size in sizes)])
    return rows


def power(count: int) -> Table:
    """How often a true difference is called better, by clients, share of positives and likeness of the rows."""
    sizes = (0.01, 0.02, 0.03, 0.05)
    rows = [
        [
            "clients",
            "positive",
            "alike",
            "error",
            *(f"+{size:.2f}" for size in sizes),
            "*equivalent* of none, within .01",
        ]
    ]
    for clients in (200, 800, 3000):
        for share, alike in ((0.5, 0.6), (0.5, 0.9), (0.1, 0.6), (0.02, 0.6)):
            world = World("", clients, round(clients * share), alike=alike)
            _, none = of_world(world, count)
            told = [better(of_world(world, count, size)[1]) for size in sizes]
            same = equivalent(none, 0.01)
            cells = [f"{clients:,}", f"{share:.0%}", f"{alike:.1f}", f"{none.error.mean():.4f}"]
            rows.append([*cells, *(f"{figure:.0%}" for figure in (*told, same))])
    return rows


TABLES = {
    "coverage": (coverage, 12_000),
    "selection": (selection, 2000),
    "refitted": (refitted, 1000),
    "power": (power, 500),
    "numbers": (numbers, 4000),
}


def markdown(rows: Table) -> str:
    """The first row is the head, the first column text."""
    lines = [rows[0], ["---", *["---:"] * (len(rows[0]) - 1)], *rows[1:]]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the data sets, and the page is left as it is")
    parser.add_argument("--only", choices=TABLES, action="append", help="this table; repeatable")
    options = parser.parse_args()
    for name in options.only or TABLES:
        make, count = TABLES[name]
        table = markdown(make(count // 10 if options.quick else count))
        console.print(table, soft_wrap=True)
        if not options.quick:
            page = re.sub(
                rf"(<!-- {name} -->\n).*?(<!-- end -->)", lambda m, table=table: m[1] + table + m[2], PAGE.read_text(),
                flags=re.DOTALL,
            )  # fmt: skip
            PAGE.write_text(page)


if __name__ == "__main__":
    main()
