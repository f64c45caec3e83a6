"""What the long simulations wrote into docs/verdict.md holds what the page says of it."""

import re

import pytest
from scipy.stats import binom

from benchmarks.verdict import NUMBERS, PAGE, REFITTED, REFITTED_NUMBERS, SEARCHES, TABLES, WORLDS


def table(name: str) -> dict[str, list[float]]:
    """Figures of a table of the page by their first cell."""
    (text,) = re.findall(rf"<!-- {name} -->\n(.*?)<!-- end -->", PAGE.read_text(), flags=re.DOTALL)
    lines = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in text.splitlines()[2:]]
    return {name: [float(cell.rstrip("%").replace(",", "")) for cell in cells] for name, *cells in lines}


def at_most(share: float, name: str) -> float:
    """What a true share of this stays below but once in a thousand tables."""
    count = TABLES[name][1]
    return binom.ppf(0.999, count, share) / count


@pytest.mark.parametrize("world", [world for world in WORLDS if world.told], ids=lambda world: world.name)
def test_intervals_hold_the_truth(world):
    score, difference, better, equivalent = table("coverage")[world.name]
    assert 0.93 <= score <= 0.97
    assert 0.93 <= difference <= 0.97
    assert better <= at_most(0.025, "coverage")
    assert equivalent <= 0.05


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: search.name)
def test_a_choice_within_folds_is_no_advantage(search):
    nested, _, naive, _ = table("selection")[search.name]
    assert nested <= at_most(0.025, "selection")
    assert naive > nested
    assert naive > 0.09 or search.trials < 18


@pytest.mark.parametrize("world", REFITTED, ids=lambda world: world.name)
def test_intervals_hold_what_other_training_clients_would_give(world):
    score, difference, better, *_ = table("refitted")[world.name]
    assert 0.93 <= score <= 0.99
    assert 0.93 <= difference <= 0.99
    assert better <= at_most(0.025, "refitted")


@pytest.mark.parametrize(
    "world", [*(world for world in NUMBERS if world.told), *REFITTED_NUMBERS], ids=lambda world: world.name
)
def test_so_do_those_of_numbers(world):
    score, difference, better, *_ = table("numbers")[world.name]
    assert 0.93 <= score <= 0.97
    assert 0.93 <= difference <= 0.97
    assert better <= at_most(0.025, "numbers")


def test_more_clients_and_likelier_rows_see_more():
    lines = [line.split("|") for line in PAGE.read_text().splitlines() if re.match(r"\| [\d,]+ \| \d+%", line)]
    assert [line[1].strip() for line in lines] == [n for n in ("200", "800", "3,000") for _ in range(4)]
    errors = [float(line[4]) for line in lines]
    assert errors[0] > errors[4] > errors[8]
    assert errors[1] < errors[0] < errors[2] < errors[3]
