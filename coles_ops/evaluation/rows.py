"""The rows that families of candidates make: of each family, and of all together, alone and added to the aggregates."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from coles_ops.artefacts.evaluation import PROBE, SEED, Evaluation, RepresentationRecord
from coles_ops.evaluation import words
from coles_ops.evaluation.addition import additions
from coles_ops.evaluation.leaderboard import Row
from coles_ops.evaluation.procedure import Candidates, Procedure, procedure
from coles_ops.representations import Representation
from coles_ops.targets import Target

AGGREGATES, RANDOM, COLES = "aggregates", "random_encoder", "coles"
BEST, BEST_ADDITION = "best", "best_addition"
_ALL = "all"  # the family of the candidates of all families


def make_rows(
    evaluation: Evaluation, candidates: Sequence[Representation], probes: Sequence[str], target: Target
) -> list[Procedure]:
    """Procedures of the best of all candidates and of each family of them, alone and added to the aggregates.

    Args:
        evaluation: what candidates and aggregates predicted.
        candidates: with all of their seeds.
        probes: of the rows; the first chooses.
        target: what is predicted.
    """
    ids = [each.id for each in candidates]
    alone = Candidates(evaluation.predictions(*ids), evaluation.choices(*ids))
    by_all_labels = Candidates(alone.predictions[alone.predictions[PROBE].isin(probes)], alone.choices)
    added = additions(evaluation, AGGREGATES, ids, probes, target)
    found = [
        procedure(BEST, _ALL, False, _names(candidates), by_all_labels, probes[0]),
        procedure(BEST_ADDITION, _ALL, True, _names(candidates), added, probes[0]),
    ]
    for family in dict.fromkeys(each.family for each in candidates):
        names = _names([each for each in candidates if each.family == family])
        found.append(procedure(family, family, False, names, alone, probes[0]))
        found.append(procedure(f"{AGGREGATES}+{family}", family, True, names, added, probes[0]))
    return found


def facts_of_rows(
    procedures: Sequence[Procedure],
    candidates: Sequence[Representation],
    others: Sequence[Representation],
    records: Mapping[str, RepresentationRecord],
) -> dict[str, Row]:
    """What is known of every row.

    Args:
        procedures: made of the candidates.
        candidates: with all of their seeds.
        others: seeds of rows that are what they are, the aggregates among them.
        records: of all, by id.
    """
    found: dict[str, Row] = {}
    for name in dict.fromkeys(each.row for each in others):
        own = [each for each in others if each.row == name]
        found[name] = Row.of(own[0].family, own[0].title, [records[each.id] for each in own])
    base = found[AGGREGATES]
    for made in procedures:
        members = [each for each in candidates if each.row in made.names]
        title = next(each.title for each in members if each.row == made.best)
        row = Row.of(made.family, title, [records[each.id] for each in members], len(made.names))
        name, seeds = words.row_name(title, made.added, made.family == _ALL), made.predictions[SEED].nunique()
        found[made.row] = replace(row.beside(base) if made.added else row, name=name, seeds=seeds)
    return found


def _names(candidates: Sequence[Representation]) -> list[str]:
    return list(dict.fromkeys(each.row for each in candidates))
