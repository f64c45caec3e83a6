"""The whole look at a user's files: which is which, what every column is for, and what is likely wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd
import pyarrow as pa

from coles_ops.datasets.ids import alike
from coles_ops.inspect.doubts import about_ids, about_leaks, about_names, about_times
from coles_ops.inspect.facts import Facts, facts_of
from coles_ops.inspect.labels import Labels, find_label
from coles_ops.inspect.limits import Limits, limits
from coles_ops.inspect.moments import Moment, find_time
from coles_ops.inspect.pairing import Pairing, find_client, sort_out
from coles_ops.inspect.parsing import parse
from coles_ops.inspect.roles import Guess, Role, guess_columns, unsure_marks
from coles_ops.inspect.sample import Sample
from coles_ops.inspect.sizes import Sizes, fit_sizes, lengths_of
from coles_ops.schema import DataError


@dataclass(frozen=True)
class Profile:
    """What was found; ``to_yaml`` makes a configuration of it."""

    events: Sample
    targets: Sample | None
    guesses: list[Guess]  # of the columns of the events
    time: Moment
    pairing: Pairing | None
    labels: Labels | None
    sizes: Sizes
    limits: Limits
    nullable: list[str]  # amounts that are missing in some rows
    csv: tuple[str, str, str] | None  # an option of dataset.csv, its value and why it can't be left out
    warnings: list[str]

    def guess(self, role: Role) -> Guess:
        """Of the events, the one column with this role."""
        return next(guess for guess in self.guesses if guess.role is role)

    def column(self, role: Role) -> str:
        """Its name."""
        return self.guess(role).column


def profile(samples: list[Sample], label: str | None = None) -> Profile:
    """Guess what tables hold.

    Args:
        samples: the table of events, and that of the targets if there is one, in any order.
        label: the column with the label, where the user names it; of one table, one of its own.

    Raises:
        DataError: no column can be the client's id, the time or the label.
    """
    tables = [facts_of(sample.frame) for sample in samples]
    ways = sort_out(tables) if len(tables) > 1 else [(0, None, None)]
    first, second, pairing = next((way for way in ways if find_time(tables[way[0]])[0]), ways[0])
    events, columns = samples[first], tables[first]
    targets, others = (None, {}) if second is None else (samples[second], tables[second])
    if label and label not in (others if targets else columns):
        raise DataError(f"--label {label}: there is no such column; there are {', '.join(others or columns)}")
    client = pairing.client if pairing else find_client(columns)
    if client is None:
        raise DataError(f"{events.path}: no column comes in several rows, as a client's id does; {_seen(columns)}")
    if pairing:
        columns[client] = _ruled(columns[client], pairing)
        others[pairing.target_client] = _ruled(others[pairing.target_client], pairing)
    if targets is None and label:
        targets, others = events, columns
    time, moments = find_time({name: facts for name, facts in columns.items() if name not in (client, label)})
    if time is None:
        raise DataError(f"{events.path}: no column holds times; {_seen(columns)}")
    labels = find_label(others, pairing.target_client if pairing else client, label) if targets else None
    guesses = _guesses(columns, client, time, moments, label if targets is events else None)
    warnings = [*about_names(columns), *about_times(time, moments[time]), *about_ids(pairing, events.whole)]
    if labels:
        instants = parse(columns[time].text, moments[time].form)
        leaking, doubts = about_leaks(columns, guesses, columns[client].text, instants, labels)
        guesses = [replace(g, role=Role.OUT, reason=leaking[g.column]) if g.column in leaking else g for g in guesses]
        warnings += [*labels.warnings, *doubts]
    lengths, clients = lengths_of(columns[client].present, events.rows, events.whole)
    sizes = fit_sizes(lengths, clients, len(labels.by_client) if labels else 0)
    needed = limits(columns, guesses, moments[time], pairing, events.whole)
    amounts = [columns[guess.column] for guess in guesses if guess.role is Role.AMOUNT]
    return Profile(
        events, targets, guesses, moments[time], pairing, labels, sizes, needed | sizes.limits,
        [facts.name for facts in amounts if facts.nothing], unsure_marks(amounts),
        warnings,
    )  # fmt: skip


def _guesses(
    columns: dict[str, Facts], client: str, time: str, moments: dict[str, Moment], label: str | None
) -> list[Guess]:
    """Roles of all columns of the events, in their order there."""
    special = {
        client: (Role.CLIENT, f"{columns[client].distinct:,} clients in {len(columns[client].text):,} rows"),
        time: (
            Role.TIME,
            f"{moments[time].description}, {moments[time].first:%Y-%m-%d} to {moments[time].last:%Y-%m-%d}",
        ),
    }
    if label:
        special[label] = Role.LABEL, "named by --label"
    rest = {name: facts for name, facts in columns.items() if name not in special}
    found = guess_columns(rest, columns[client].text, {name: moment.description for name, moment in moments.items()})
    by_name = {guess.column: guess for guess in found}
    by_name |= {name: Guess(name, *told, tuple(columns[name].examples)) for name, told in special.items()}
    return [by_name[name] for name in columns]


def _ruled(facts: Facts, pairing: Pairing) -> Facts:
    """Ids as the rules write them, by which the tables meet."""
    ids = alike(pa.array(facts.text, pa.string()), pairing.rules)
    return Facts(facts.name, pd.Series(ids.to_pandas().to_numpy(), facts.text.index))


def _seen(columns: dict[str, Facts]) -> str:
    return f"its columns are {', '.join(columns)}"
