"""What is scored: whole procedures, the choice among candidates included, which is made within each training fold.

A candidate is a way to describe clients, with all of its seeds. A procedure is a row of the long table: in each fold
the candidate that was best within the training clients.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from coles_ops.artefacts.evaluation import FOLD, INNER, PROBE, REPEAT, REPRESENTATION, SEED
from coles_ops.evaluation.entry import Place


@dataclass(frozen=True, eq=False)
class Candidates:
    """Candidates, by their names: what they predicted, and what was found within the training clients of the fits."""

    predictions: pd.DataFrame
    choices: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Procedure:
    """A row of the long table."""

    row: str
    family: str
    added: bool  # whether its candidates are added to the aggregates, or stand alone
    names: Sequence[str]  # of its candidates
    choice: Mapping[Place, str]  # the one that is scored in each fold
    best: str  # within the training clients of all folds: every labelled client counted
    predictions: pd.DataFrame
    choices: pd.DataFrame


def procedure(
    row: str, family: str, added: bool, names: Sequence[str], candidates: Candidates, probe: str
) -> Procedure:
    """That of these candidates, compared by this probe; see ``Procedure``."""
    choices = candidates.choices[candidates.choices[REPRESENTATION].isin(names)]
    choice = choose(choices, probe)
    predictions = as_one(candidates.predictions, choice, row)
    return Procedure(
        row, family, added, names, choice, best_overall(choices, probe), predictions, as_one(choices, choice, row)
    )


def choose(choices: pd.DataFrame, probe: str) -> dict[Place, str]:
    """The candidate that was best within the training clients of each fold; of equals, the first by name.

    Args:
        choices: of all candidates and their seeds.
        probe: by which they are compared.
    """
    found = _by_candidate(choices[choices[PROBE] == probe], [REPEAT, FOLD])
    return {(int(repeat), int(fold)): best for (repeat, fold), best in found.idxmax(axis=1).items()}


def best_overall(choices: pd.DataFrame, probe: str) -> str:
    """The candidate that was best within the training clients of all folds: every labelled client counted."""
    return str(_by_candidate(choices[choices[PROBE] == probe], [PROBE]).iloc[0].idxmax())


def as_one(table: pd.DataFrame, choice: Mapping[Place, str], row: str) -> pd.DataFrame:
    """Rows of candidates, predictions or choices, as one: those of the candidate that was chosen in each fold.

    Every seed of a row is scored on all folds. So where a candidate that has no seeds was chosen in some folds, and one
    that has in others, the former is the same by every seed: of these folds no seed moves the score, and by how far it
    moves the mean is what scores by seed differ by.
    """
    places = pd.MultiIndex.from_frame(table[[REPEAT, FOLD]])
    found = table[table[REPRESENTATION].to_numpy() == pd.Series(choice).reindex(places).to_numpy()]
    seeds = found.groupby(REPRESENTATION)[SEED].nunique()
    most = int(seeds.max())
    alone = found[found[REPRESENTATION].map(seeds) < most]
    assert (alone[SEED] == 0).all(), "candidates have one seed or as many as all others"
    copies = [alone.assign(**{SEED: seed}) for seed in range(1, most)]
    return pd.concat([found, *copies], ignore_index=True).assign(**{REPRESENTATION: row})


def places_of(choice: Mapping[Place, str], name: str) -> Iterable[Place]:
    """The folds where a candidate was chosen."""
    return (place for place, chosen in choice.items() if chosen == name)


def _by_candidate(choices: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Mean inner score over seeds, a column a candidate by name."""
    return choices.pivot_table(INNER, by, REPRESENTATION, aggfunc="mean").sort_index(axis=1)
