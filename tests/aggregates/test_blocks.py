"""Every block against what one computes by hand, client by client."""

import math
from collections import Counter

import numpy as np
import pytest

from coles_ops.aggregates import histories
from coles_ops.aggregates.blocks import BLOCKS
from coles_ops.aggregates.histories import Histories
from coles_ops.aggregates.options import Aggregation
from coles_ops.config import Embedding
from coles_ops.representations.aggregates import Aggregates
from coles_ops.store import EventStore, write_store


def log(value: float) -> float:
    return math.copysign(math.log1p(abs(value)), value)


class Plain:
    """The aggregates of one client, the slow way."""

    def __init__(self, store: EventStore, client: int):
        own = slice(store.offsets[client], store.offsets[client + 1])
        self.n, self.codes = own.stop - own.start, store.schema.categories
        self.age = [(store.cuts[client] - t) / 86_400e6 for t in store.time[own].tolist()]
        self.days = [t // 86_400_000_000 for t in store.time[own].tolist()]
        self.columns = {name: column[own].tolist() for name, column in store.columns.items()}
        self.reals = {name: self.columns[name] for name in store.schema.amounts}

    def activity(self) -> list[float]:
        active, tenure, recency = len(set(self.days)), self.age[0], self.age[-1]
        pause = max((a - b for a, b in zip(self.age, self.age[1:], strict=False)), default=0)
        logs = [math.log1p(v) for v in (self.n, active, recency, tenure, tenure - recency, pause)]
        days = max(tenure, 1)
        return [*logs, math.log1p(self.n / days), self.n / active, active / max(days, active)]

    def visits(self) -> list[float]:
        waits = [a - b for a, b in zip(self.age, self.age[1:], strict=False) if a > b]
        n, mean = len(set(self.age)), np.mean(waits or [0])
        logs = [math.log1p(v) for v in (n, self.n / n, mean, np.std(waits or [0]))]
        return [*logs, math.log1p(self.age[-1]) - math.log1p(mean), log(sum(self.reals["amount"]) / n)]

    def amounts(self) -> list[float]:
        found = []
        for v in self.reals.values():
            found += [log(sum(v)), log(np.mean(v)), log(np.std(v)), log(min(v)), log(max(v))]
        return found

    def quantiles(self) -> list[float]:
        shares = (0.1, 0.25, 0.5, 0.75, 0.9)
        return [log(sorted(v)[round((self.n - 1) * share)]) for v in self.reals.values() for share in shares]

    def shares(self, name: str, most: int) -> list[float]:
        counts = Counter(self.columns[name])
        entropy = -sum(c / self.n * math.log(c / self.n) for c in counts.values())
        return [
            len(counts),
            entropy,
            *(math.sqrt(counts[c] / self.n) for c in range(1, min(self.codes[name] - 1, most) + 1)),
        ]

    def categories(self) -> list[float]:
        return self.shares("mcc", 4)

    def calendar(self) -> list[float]:
        return self.shares("hour", 4)

    def amounts_by_category(self) -> list[float]:
        pairs = list(zip(self.columns["mcc"], self.columns["amount"], strict=True))
        return [log(sum(v for c, v in pairs if c == code)) for code in range(1, 5)]

    def recent(self) -> list[float]:
        found = []
        for days in (1, 3):
            now = [v for age, v in zip(self.age, self.columns["amount"], strict=True) if age <= days]
            then = [v for age, v in zip(self.age, self.columns["amount"], strict=True) if age > days]
            spans = min(self.age[0], days), max(self.age[0] - days, 0)
            rates = [math.log(30 * (len(v) + 0.5) / max(span, 1)) for v, span in zip((now, then), spans, strict=True)]
            means = [log(sum(v) / max(len(v), 1)) for v in (now, then)]
            found += [math.log1p(len(now)), rates[0] - rates[1], log(sum(now)), means[0] - means[1]]
        return found


OPTIONS = Aggregation(values=4, days=(1, 3))


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_equals_the_plain_way_in_chunks(tiny_store, monkeypatch, block):
    monkeypatch.setattr(histories, "_CHUNK_EVENTS", 150)
    monkeypatch.setattr(histories, "_CHUNK_CLIENTS", 11)
    options = OPTIONS.model_copy(update={"blocks": (block,)})
    describe = Aggregates(options=options).describe(tiny_store, Embedding(), "cpu")
    for rows in (np.arange(1, 60), np.arange(1, 60, 3), np.array([1])):
        expected = np.array([getattr(Plain(tiny_store, client), block)() for client in rows])
        np.testing.assert_allclose(describe(rows), expected, rtol=1e-4, atol=1e-4)
    assert not describe(np.array([0])).any()  # a client without events


def test_amounts_are_those_of_the_source_where_the_store_knows_how_they_were_scaled(tiny_store, tmp_path):
    paid = np.random.default_rng(0).normal(0, 100, tiny_store.n_events)
    coded = (np.sign(paid) * np.log1p(np.abs(paid)) - 1.5) / 2.5
    schema = tiny_store.schema.model_copy(update={"scalers": {"amount": (1.5, 2.5)}})
    columns = {**tiny_store.columns, "amount": coded}
    store = write_store(tmp_path / "s", schema, tiny_store.time, tiny_store.offsets, columns, tiny_store.clients)
    found = Histories.read(store, np.arange(60)).amounts
    np.testing.assert_allclose(found["amount"], paid, rtol=1e-4, atol=1e-5)
    assert np.array_equal(found["gap"], tiny_store.columns["gap"])


def test_quantiles_order_reals_of_both_signs(tiny_store):
    histories = Histories.read(tiny_store, np.array([2]))
    values = np.random.default_rng(0).normal(size=300).astype(np.float32)
    values[:3] = 0.0, -0.0, -1e-30
    found = histories.quantiles(values, (0, 0.5, 1))
    assert found[0, [0, 2]].tolist() == [values.min(), values.max()]
    assert found[0, 1] in np.sort(values)[149:151]
