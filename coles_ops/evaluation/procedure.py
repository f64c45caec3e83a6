"""What is scored: the whole procedure, the choice among finalists included, which is made within each training fold."""

from collections.abc import Iterable, Mapping

import pandas as pd

from coles_ops.artefacts.evaluation import FOLD, INNER, PROBE, REPEAT, REPRESENTATION
from coles_ops.evaluation.entry import Place

COLES = "coles"  # its row of the long table


def choose(choices: pd.DataFrame, probe: str) -> dict[Place, str]:
    """The finalist that was best within the training clients of each fold; of equals, the first by id.

    Args:
        choices: of all finalists and their seeds.
        probe: by which they are compared.
    """
    found = _by_finalist(choices[choices[PROBE] == probe], [REPEAT, FOLD])
    return {(int(repeat), int(fold)): best for (repeat, fold), best in found.idxmax(axis=1).items()}


def best_overall(choices: pd.DataFrame, probe: str) -> str:
    """The finalist that was best within the training clients of all folds: every labelled client counted."""
    return str(_by_finalist(choices[choices[PROBE] == probe], [PROBE]).iloc[0].idxmax())


def as_one(table: pd.DataFrame, choice: Mapping[Place, str]) -> pd.DataFrame:
    """Rows of the finalists, predictions or choices, as one: those of the finalist that was chosen in each fold."""
    places = zip(table[REPEAT], table[FOLD], strict=True)
    chosen = [choice.get(place) for place in places]
    return table[table[REPRESENTATION] == pd.Series(chosen, index=table.index)].assign(**{REPRESENTATION: COLES})


def places_of(choice: Mapping[Place, str], spec: str) -> Iterable[Place]:
    """The folds where a finalist was chosen."""
    return (place for place, chosen in choice.items() if chosen == spec)


def _by_finalist(choices: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Mean inner score over seeds, a column a finalist by id."""
    return choices.pivot_table(INNER, by, REPRESENTATION, aggfunc="mean").sort_index(axis=1)
