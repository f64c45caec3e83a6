"""The search: the study's grid in rounds of halving against the same grid in full, and what is paid beside training.

Both grids train the same trials, with the same seeds, on the same made-up clients, a core a trial: so the best score
of the halved one can at most equal that of the full one, and how much it lacks is the price of halving. The first round
is a fifteenth of a training.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import yaml

from benchmarks.measure import Result, alone, compare, console, main
from benchmarks.preprocess import coles_preprocess
from coles_ops.artefacts.events import Events
from coles_ops.config import Config, load_config
from coles_ops.generator import generate
from coles_ops.run import open_run
from coles_ops.schema import CLIENT, LABEL, PART
from coles_ops.store import StoreSchema, write_store
from coles_ops.targets import Classes
from coles_ops.tuning import plan_trials, search_encoders
from coles_ops.usage import measure
from deployments import environment

_STUDY = {
    "encoder": ["gru", "lstm"],
    "sampler": ["sample_slices", "split_random", "sample_random"],
    "encoder.size": [32, 64, 96, 128, 256, 512],
}
_TRAINING = {
    "batch_size": 12, "min_events": 150,
    "sampler": {"name": "sample_slices", "slices": 2, "min": 8, "max": 24},
    "optimiser": {"name": "adam", "learning_rate": 0.004, "schedule": "cosine"},
}  # fmt: skip


def run(quick: bool) -> list[Result]:
    """The grid of 36 trials, a run found done, memory at 126.75 M events; quick: 12 trials, 5 M events."""
    with TemporaryDirectory(prefix="coles-bench-") as scratch:
        folder = Path(scratch)
        os.environ["COLES_HOME"] = str(folder / "home")
        environment.apply()
        store = made_events(folder / "large", 5_000_000 if quick else 126_750_000)
        return [
            *pruning(folder, quick),
            cached(folder, 1 if quick else 3),
            *(one_more_trial(store, size) for size in (64, 256)),
        ]


def pruning(folder: Path, quick: bool) -> list[Result]:
    """Time of the grid in rounds and in full, and the best probe of each."""
    clients, sizes, steps = (1_000, [16, 32], 75) if quick else (4_000, _STUDY["encoder.size"], 750)
    first = steps // 15
    (folder / "raw").mkdir()
    generate(folder / "raw", clients, 100 * clients, seed=0, modality="transactions")
    settings = {
        "dataset.folder": str(folder / "raw"),
        "evaluation.protocol": {
            "name": "holdout",
            "tuning": 0.7,
            "test": 0.1,
        },  # 1,120 clients tune: little noise
        "training": _TRAINING | {"steps": steps, "probe_every": first},
        "search.seeds": 1,
        "search.space": _STUDY | {"encoder.size": sizes},
        "embedding.max_events": 32,
    }
    configs = {
        "halving": load_config("synthetic", settings | {"search.first_round": first}),
        "full": load_config("synthetic", settings | {"search.first_round": None}),
    }
    events = coles_preprocess(configs["halving"], folder)
    found: dict[str, pd.DataFrame] = {}

    def side(name: str) -> None:
        found[name] = search(configs[name], events)

    trials = len(plan_trials(configs["halving"]))
    line = compare(
        f"grid of {trials} trials, {steps} steps",
        lambda: side("halving"),
        lambda: side("full"),
        1,
        trials,
        "trials",
        False,
    )
    best = {name: float(board.probe_score.max()) for name, board in found.items()}
    spent = {name: int(board.steps.sum()) for name, board in found.items()}
    for name, score in best.items():
        console.print(f"  {name}: best probe ROC-AUC {score:.4f} after {spent[name]} steps")
    lost = best["full"] - best["halving"]
    reached = {"target": "4x, best probe within 0.005", "best": best, "lost": lost, "steps": spent}
    probe = alone("grid: what halving lost of the best probe's ROC-AUC", lost, "ROC-AUC", "at most 0.005")
    return [line | reached, probe]


def search(config: Config, events: Events) -> pd.DataFrame:
    """Run a search anew and return its trials."""
    opened = open_run(config)
    shutil.rmtree(opened.path / "trials", ignore_errors=True)
    trials = search_encoders(opened, events)
    return pd.DataFrame([record.model_dump() for record in trials.records()])


def cached(folder: Path, laps: int) -> Result:
    """Seconds of ``coles run``, a whole process, where every stage is found done."""
    quick = {
        "dataset.clients": 500,
        "dataset.n_events": 20_000,
        "training.steps": 20,
        "search.seeds": 1,
        "search.space": {"encoder": ["gru"]},
    }
    config = folder / "small.yaml"
    config.write_text(yaml.safe_dump(load_config("synthetic", quick).model_dump(mode="json")))
    command = [sys.executable, "-m", "deployments.cli", "run", str(config)]
    seconds = []
    for lap in range(1 + laps):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        if lap:
            seconds.append(time.perf_counter() - started)
    return alone("coles run, all artefacts found", median(seconds), "s", "< 20", seconds=seconds)


def one_more_trial(store: Events, size: int) -> Result:
    """MB that a second concurrent trial of this embedding size adds to the whole tree of processes, on one store."""
    peaks = {}
    for cpus in (1, 2):
        settings = {
            "training": {"steps": 4, "batch_size": 128},
            "search": {
                "space": {"encoder": ["gru"], "encoder.size": [size], "encoder.noise": [0.0, 0.003]},
                "seeds": 1,
            },
            "resources.cpus": cpus,
        }
        with measure(0.1) as usage:
            search(load_config("synthetic", settings), store)
        peaks[cpus] = usage.peak_mb
    name = f"one more trial, gru {size}, {int(store.fingerprint) / 1e6:.2f} M events in the store"
    return alone(name, peaks[2] - peaks[1], "MB", "< 700", peaks_mb=peaks)


def made_events(path: Path, events: int) -> Events:
    """A store of random clicks of clients with 5,000 events each, most of them unseen by training."""
    rng, clients = np.random.default_rng(0), events // 5_000
    codes = {"cat_id": 400, "hour": 26, "weekday": 9}
    columns = {n: rng.integers(1, c, events, np.uint16 if c > 256 else np.uint8) for n, c in codes.items()}
    part = np.where(np.arange(clients) < 500, "train", np.where(np.arange(clients) < 800, "tune", "score"))
    people = pd.DataFrame({CLIENT: np.arange(clients).astype(str), PART: part, LABEL: rng.integers(0, 2, clients)})
    made = Events(path=path, fingerprint=str(events))
    write_store(
        made.store_path, StoreSchema(categories=codes, amounts=("gap",), target=Classes(names=("no", "yes"))),
        1_500_000_000 + np.arange(events, dtype=np.int64) % 5_000 * 3600, np.linspace(0, events, clients + 1),
        columns | {"gap": rng.random(events, np.float32)}, people,
    )  # fmt: skip
    return made


if __name__ == "__main__":
    main(__doc__, run)
