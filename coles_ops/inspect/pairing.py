"""Which table holds the events and which the targets, and by which columns their ids meet."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from coles_ops.datasets.ids import Rule, alike, joining_rules, near_misses
from coles_ops.inspect import words
from coles_ops.inspect.facts import Facts
from coles_ops.schema import DataError

ONE_ROW = 0.9  # distinct ids a row, from where a row of the targets is a client
_MANY = 0.5  # least share of the ids without events that rules must bring together, to be written
_SHOWN = 3  # doubts about ids
_REPEATED = 1.5  # usual least rows a value of the events' client column
_SELDOM = 0.1  # worth of a column whose values hardly come again


@dataclass(frozen=True)
class Pairing:
    """Where the ids of targets meet those of events, as they are written and as they may have been meant."""

    client: str
    target_client: str
    ids: int  # of the targets
    found: int  # of them among the events that were read
    rules: tuple[Rule, ...]  # by which they are found there, of dataset.ids
    doubts: tuple[str, ...]

    @property
    def share(self) -> float:
        """Of the ids of the targets, those among the events."""
        return self.found / max(self.ids, 1)


def _meant(facts: Facts) -> set[str]:
    """What the ids may be meant to be."""
    return set(alike(_ids(facts)).to_pylist())


def client_score(facts: Facts) -> float:
    """How much a column of the events looks like the client's id, 0 where it can't be."""
    if not facts.distinct or (facts.numbers is not None and not facts.whole):
        return 0.0
    named = len(facts.tokens & words.CLIENTS)
    if len(facts.present) < _REPEATED * facts.distinct:
        return _SELDOM * (0.1 + named)
    return 0.1 + named + 0.3 * ("id" in facts.tokens or facts.name.lower() == "id") + 0.3 * (facts.distinct > 20)


def find_client(events: dict[str, Facts]) -> str | None:
    """The column of the events that names clients, without targets to compare with."""
    scores = {name: client_score(facts) for name, facts in events.items()}
    best = max(scores, key=lambda name: scores[name], default=None)
    return best if best and len(events[best].present) >= _REPEATED * events[best].distinct else None


def pair(events: dict[str, Facts], targets: dict[str, Facts]) -> tuple[float, Pairing | None]:
    """The likeliest pair of id columns, with a score to compare tables by: one row a client in the targets."""
    best: tuple[float, str, str] | None = None
    keys = {name: _meant(facts) for name, facts in targets.items() if facts.unique > ONE_ROW}
    for name, facts in events.items():
        looks = client_score(facts)
        if not looks:
            continue
        ids = _meant(facts)
        for key, known in keys.items():
            common = len(ids & known)
            if not common:
                continue
            overlap = max(common / len(ids), common / len(known)) + 0.5 * common / len(known)
            score = overlap + looks + (name.lower() == key.lower()) + len(targets[key].tokens & words.CLIENTS) / 2
            if best is None or score > best[0]:
                best = score, name, key
    if best is None:
        return 0.0, None
    score, name, key = best
    return score, _compare(events[name], targets[key])


def _compare(events: Facts, targets: Facts) -> Pairing:
    """Count the ids of the targets among the events, as written or by the rules that bring many more together."""
    here, wanted = _ids(events), _ids(targets)
    orphans = wanted.filter(pc.invert(pc.is_in(wanted, value_set=here)))
    rules, joined = joining_rules(here, orphans)
    doubts = near_misses(here, wanted)
    if len(joined) < _MANY * len(orphans):
        rules = []
    found = len(wanted) - len(orphans) + (len(joined) if rules else 0)
    return Pairing(events.name, targets.name, len(wanted), found, tuple(rules), tuple(doubts[:_SHOWN]))


def _ids(facts: Facts) -> pa.Array:
    """Each id once, as it stands."""
    return pa.array(facts.text.dropna().unique(), pa.string())


def sort_out(tables: list[dict[str, Facts]]) -> list[tuple[int, int, Pairing]]:
    """Which of two tables holds the events, which the targets, and how they meet: both ways, the likelier one first.

    Raises:
        DataError: they have no ids in common, in any spelling.
    """
    one, other = tables
    ways = [(0, 1, *pair(one, other)), (1, 0, *pair(other, one))]
    found = [(first, second, pairing) for first, second, _, pairing in sorted(ways, key=lambda way: -way[2]) if pairing]
    if not found:
        raise DataError(
            f"no column of the one table holds ids of the other; their columns are {', '.join(one)} and "
            f"{', '.join(other)}"
        )
    return found
