"""Made-up clients whose truth is known: a verdict finds an order that is there, and none where the label is a coin."""

import numpy as np
import pandas as pd
import pytest
from tables import tiny_run

from coles_ops import store
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.verdict import Verdict
from coles_ops.evaluation import evaluate_entries
from coles_ops.generator import generate
from coles_ops.protocols import Clients
from coles_ops.schema import CLIENT, GROUP, LABEL, PART, Outcome
from coles_ops.store import StoreSchema
from coles_ops.targets import Classes
from coles_ops.tuning import search_encoders

pytestmark = pytest.mark.ray

CLIENTS, CODES = 1_200, 100
SECTIONS = {
    "training": {
        "encoder": {"name": "gru", "size": 16, "readout": "mean"}, "objective": "next_event",
        "sampler": {"name": "sample_slices", "slices": 2, "min": 20, "max": 40}, "batch_size": 64,
        "optimiser": {"name": "adam", "learning_rate": 0.01}, "steps": 300, "probe_every": 300,
    },
    "search": {"space": {"encoder": ["gru"]}, "first_round": None, "finalists": 1, "seeds": 1, "min_steps": 1},
    "evaluation": {"protocol": {"name": "crossfit", "repeats": 1}, "probes": ["linear"], "representations": ["counts"]},
}  # fmt: skip


def verdict(folder, label_by: tuple[str, ...]) -> Verdict:
    """That on made-up clicks whose label follows from these traits."""
    run = tiny_run(folder / "run", **SECTIONS)
    (folder / "raw").mkdir()
    generate(folder / "raw", CLIENTS, 100 * CLIENTS, 0, "clickstream", label_by)
    clicks, train = pd.read_parquet(folder / "raw" / "clickstream.parquet"), pd.read_csv(folder / "raw" / "train.csv")
    ids = clicks.user_id.unique()  # in the order of their events
    known = train.set_index(train.bank.str.removeprefix("bank")).higher_education.astype(int)
    people = pd.DataFrame({CLIENT: ids.astype(str)})
    people[LABEL] = people[CLIENT].map(known).fillna(-1).astype(int)
    target = Classes(names=("no", "yes"))
    clients = Clients(people[LABEL].to_numpy(), people[CLIENT].to_numpy(), target=target)
    people[PART], people[GROUP] = run.config.evaluation.protocol.assign(clients), people[CLIENT]
    offsets = np.append(np.flatnonzero(~clicks.user_id.duplicated()), len(clicks)).astype(np.int64)
    time = clicks.timestamp.to_numpy().astype("datetime64[us]").astype(np.int64)
    schema = StoreSchema(categories={"page": CODES + 2}, amounts=(), target=target)
    columns = {"page": 1 + clicks.cat_id.astype(int).to_numpy()}
    store.write_store(folder / "events" / "arrays", schema, time, offsets, columns, people)
    events = Events(path=folder / "events", fingerprint="planted")
    return evaluate_entries(run, events, search_encoders(run, events)).verdict()


def test_an_order_that_the_label_follows_from_is_found_and_a_coin_is_not(tmp_path):
    found = verdict(tmp_path / "order", ("order",))
    best = found.compared[0]
    assert best.candidate.startswith("next_event")
    assert best.outcome is Outcome.BETTER
    assert best.difference > 0.05
    assert found.of("counts").score < 0.6 < best.score
    coin = verdict(tmp_path / "coin", ())
    assert all(row.outcome in (Outcome.UNDECIDED, Outcome.EQUIVALENT) for row in coin.compared)
