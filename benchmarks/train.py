"""Training: coles against ptls' ``ColesDataset``, ``CoLESModule`` and Lightning, same clients, slices and weights.

The loader draws and collates batches of 128 clients x 5 slices of 25 to 200 events. The step is forward, loss,
backward and Adam of a GRU of 256 on the same slices; its loss is compared in 32-bit floats. The same step in bfloat16
is followed by a probe: encoders trained in both, and the ROC-AUC that each gives on held-out clients.
"""

import copy
import statistics

import torch

from benchmarks.measure import Result, alone, compare, main
from benchmarks.peers import made_store, stock_batches, stock_module, stock_trainer
from coles_ops.config import Embedding, Training, choose
from coles_ops.embedding import embed
from coles_ops.encoders.recurrent import Gru
from coles_ops.exchange import to_ptls
from coles_ops.probes import Labelled
from coles_ops.probes.linear import linear_score
from coles_ops.samplers import Draws, Histories
from coles_ops.samplers.slices import SampleSlices
from coles_ops.schema import FITS, Part
from coles_ops.store import EventStore
from coles_ops.training import Trainer
from coles_ops.training.fit import Drawn

SPEC = Training(encoder=Gru(size=256, noise=0.0), sampler=SampleSlices(slices=5, min=25, max=200), batch_size=128)

_REACH = {("gru", "fp32"): "2.5x, loss equal to 1e-4", ("gru", "bf16"): "4x"}


def run(quick: bool) -> list[Result]:
    """22,500 clients and 4 M events; quick: 2,000 clients and 400,000 events."""
    clients, events, rounds, seeds = (2_000, 400_000, 1, 1) if quick else (22_500, 4_000_000, 3, 2)
    with made_store(clients, events) as store:
        return [
            _loader(store, rounds, 4 if quick else 20),
            *(_step(store, "gru", precision, rounds, 2 if quick else 4) for precision in ("fp32", "bf16")),
            *(_step(store, "lstm", "fp32", rounds, 2) for _ in range(not quick)),
            *_probes(store, 500 if quick else 4_000, seeds),
        ]


def _loader(store: EventStore, rounds: int, batches: int) -> Result:
    from ptls.frames.coles import ColesDataset, split_strategy

    rows = store.rows(*FITS, min_events=SPEC.min_events)[: batches * SPEC.batch_size]
    records = [{k: v for k, v in record.items() if torch.is_tensor(v)} for record in to_ptls(store)]
    drawn = SPEC.sampler
    data = ColesDataset([records[row] for row in rows], split_strategy.SampleSlices(drawn.slices, drawn.min, drawn.max))
    trainer = Trainer(store, SPEC)
    trainer.rows = rows

    def peer() -> None:
        for first in range(0, len(rows), SPEC.batch_size):
            data.collate_fn([data[i] for i in range(first, min(first + SPEC.batch_size, len(rows)))])

    def ours() -> None:
        for _ in trainer._batches(range(trainer.batches)):
            pass

    return compare("loader: sample + collate", ours, peer, rounds, len(rows), "clients") | {"target": "20x"}


def _step(store: EventStore, encoder: str, precision: str, rounds: int, batches: int) -> Result:
    spec = choose(SPEC, {"encoder": encoder, "precision": precision})
    trainer, draws = Trainer(store, spec), Draws(0)
    module, initial = stock_module(store, spec), copy.deepcopy(trainer.state_dict())
    start, length, time = map(torch.from_numpy, (store.offsets, store.lengths, store.time))
    drawn = []
    for rows in torch.from_numpy(trainer.rows[: batches * spec.batch_size]).tensor_split(batches):
        drawn.append(spec.sampler.sample(Histories(start[rows], length[rows], time), draws))
    events = [trainer.reader.read(slices.position, slices.length) for slices in drawn]
    padded = stock_batches(store, drawn)
    losses: dict[str, list[float]] = {"ours": [], "peer": []}  # after the last step of each round

    def peer() -> None:
        module.seq_encoder.load_state_dict(initial["model"])
        lightning = stock_trainer(max_epochs=1)
        lightning.fit(module, padded)
        losses["peer"].append(float(lightning.callback_metrics["loss"]))

    def ours() -> None:
        trainer.load_state_dict(copy.deepcopy(initial))
        trainer.model.train()
        for batch, slices in zip(events, drawn, strict=True):
            loss, _ = trainer._backward(Drawn([batch], slices.client))
            trainer._step()
        losses["ours"].append(float(loss))

    name = f"training step, {encoder} 256, {precision}"
    result = compare(name, ours, peer, rounds, sum(len(batch.amounts) for batch in events), "events")
    gap = max(abs(a - b) / abs(b) for a, b in zip(losses["ours"], losses["peer"], strict=True))
    assert precision == "bf16" or gap < 1e-4, f"{name}: the losses differ by {gap:.1e}"
    return result | {"loss_difference": gap, "steps": batches, "target": _REACH.get((encoder, precision), "")}


def _probes(store: EventStore, clients: int, seeds: int) -> list[Result]:
    """Validation ROC-AUC after 3 passes in each precision, the mean over seeds."""
    lines = []
    for precision in ("fp32", "bf16"):
        found = []
        for seed in range(seeds):
            change = {"precision": precision, "seed": seed, "optimiser.learning_rate": 2e-3}
            trainer = Trainer(store, choose(SPEC, change))
            trainer.rows = trainer.rows[:clients]
            trainer.run(3 * trainer.batches)
            found.append(_probe(trainer, store))
        name = f"probe ROC-AUC after training in {precision}"
        lines.append(alone(name, statistics.mean(found), "ROC-AUC", "equal within noise", each=found))
    return lines


def _probe(trainer: Trainer, store: EventStore) -> float:
    sides = []
    for part in (Part.TUNE, Part.SCORE):  # neither trained the encoder
        rows = store.rows(part)
        sides.append(Labelled(embed(trainer.model, store, rows, Embedding(max_events=800)), store.labels[rows]))
    return linear_score([(sides[0], sides[1])], store.schema.target)


if __name__ == "__main__":
    main(__doc__, run)
