"""An encoder and a head that learn from the labels of some clients.

N clients that teach, B of them in a batch, S sub-sequences of a batch, R clients that are predicted, D width of an
embedding, A aggregates beside it, P columns of a prediction.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from coles_ops.config import Embedding, Training
from coles_ops.embedding import embed
from coles_ops.embedding.reader import open_reader
from coles_ops.encoders import SequenceEncoder
from coles_ops.listed import Tuning
from coles_ops.probes import Labelled
from coles_ops.ragged import send
from coles_ops.representations.base import most_events
from coles_ops.samplers import Draws, Histories
from coles_ops.store import EventStore
from coles_ops.targets import Target


class Head(nn.Module):
    """Predicts by embeddings, brought to one scale, and what stands beside them.

    Args:
        size: D.
        beside: A.
        columns: P; of classes their logits.
        options: hidden layer and dropout.
    """

    def __init__(self, size: int, beside: int, columns: int, options: Tuning):
        super().__init__()
        self.scale, width = nn.BatchNorm1d(size), size + beside
        hidden = [nn.Linear(width, options.head), nn.ReLU()] if options.head else []
        self.layers = nn.Sequential(
            nn.Dropout(options.dropout), *hidden, nn.Linear(options.head or width, columns)
        )  # fmt: skip

    def forward(self, embeddings: Tensor, beside: Tensor) -> Tensor:
        """(B, P) of embeddings (B, D) and aggregates (B, A)."""
        return self.layers(torch.cat([self.scale(embeddings), beside], dim=1))


@dataclass(frozen=True)
class Recipe:
    """What is tuned, and how, whoever teaches it."""

    options: Tuning
    training: Training  # of the encoder: its sampler is taken
    encoder: SequenceEncoder  # as it begins; it stays so
    store: EventStore
    embedding: Embedding  # how histories are read
    device: str


class Tuner:
    """Trains an encoder with a head, step by step, and predicts by it as it is then.

    In training a client is embedded as the mean over sub-sequences that the sampler of the encoder's training draws;
    where it is predicted, as all representations are: its history, or the mean over windows of it. All randomness of
    a step follows from the seed and its number.

    Args:
        recipe: what all tuners of a row have in common.
        target: what the labels are.
        rows: (N,) of those who teach; who has no events teaches nothing.
        train: their labels (N,), and what the head reads beside the embedding (N, A) float32.
        seed: of all of it.
    """

    def __init__(self, recipe: Recipe, target: Target, rows: np.ndarray, train: Labelled, seed: int):
        there = recipe.store.lengths[rows] > 0
        rows, train = rows[there], train.at(there)
        self.recipe, self.target, self.seed, self.step = recipe, target, seed, 0
        self.device, self.reader = torch.device(recipe.device), open_reader(recipe.store, recipe.device)
        self.beside, labels = torch.from_numpy(train.features).to(self.device), torch.from_numpy(train.labels)
        self.mean, self.deviation = 0.0, 1.0
        if target.kind == "number":
            self.mean, self.deviation = float(train.labels.mean()), float(train.labels.std())
            labels = ((labels - self.mean) / self.deviation).float()
        self.labels = labels.to(self.device)  # (N,)
        most = most_events(recipe.embedding)
        end, length = (torch.from_numpy(each) for each in (recipe.store.offsets[rows + 1], recipe.store.lengths[rows]))
        length = length if most is None else length.clamp(max=most)
        self.length = recipe.training.sampler.within(length, recipe.encoder.max_events)  # (N,)
        self.start = end - self.length
        self.encoder = deepcopy(recipe.encoder).to(self.device)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            size = self.encoder.embedding_size
            self.head = Head(size, self.beside.shape[1], len(target.columns), recipe.options).to(self.device)
        groups = [
            {"params": self.encoder.parameters(), "lr": recipe.options.learning_rate},
            {"params": self.head.parameters(), "lr": recipe.options.head_rate},
        ]
        self.optimiser = torch.optim.AdamW(groups, weight_decay=recipe.options.weight_decay)

    def train(self, steps: int) -> None:
        """Go on until there were so many steps in all."""
        batches = max(1, len(self.length) // self.recipe.options.batch_size)
        with torch.random.fork_rng():
            while self.step < steps:
                lap, place = divmod(self.step, batches)
                generator = torch.Generator().manual_seed(self._seed(-1 - lap))  # none of a step's own
                chosen = torch.randperm(len(self.length), generator=generator).tensor_split(batches)[place]  # (B,)
                torch.manual_seed(self._seed(self.step))
                self._loss(chosen).backward()
                self.optimiser.step()
                self.optimiser.zero_grad(set_to_none=True)
                self.step += 1

    @torch.no_grad()
    def predict(self, rows: np.ndarray, beside: np.ndarray) -> np.ndarray:
        """(R, P) of clients at rows (R,), with their aggregates (R, A)."""
        told = embed(self.encoder, self.recipe.store, rows, self.recipe.embedding, self.recipe.device)  # (R, D)
        out = self.head.eval()(*(torch.from_numpy(each).to(self.device) for each in (told, beside)))  # (R, P)
        found = out.softmax(dim=1) if self.target.kind == "classes" else self.mean + self.deviation * out
        return found.double().cpu().numpy()

    def _loss(self, chosen: Tensor) -> Tensor:
        """Of some of those who teach (B,)."""
        thawed = self.recipe.options.thawed(self.step)
        self.encoder.train(thawed)
        with torch.set_grad_enabled(thawed):
            embeddings = self._embed(chosen)
        chosen = send(chosen, self.device)
        out, labels = self.head.train()(embeddings, self.beside[chosen]), self.labels[chosen]  # (B, P), (B,)
        return F.cross_entropy(out, labels) if self.target.kind == "classes" else F.mse_loss(out[:, 0], labels)

    def _embed(self, chosen: Tensor) -> Tensor:
        """(B, D), means over the sub-sequences of each."""
        draws = Draws(self._seed(self.step), str(self.reader.position_device))
        histories = Histories(self.start[chosen], self.length[chosen], torch.from_numpy(self.recipe.store.time))
        slices = self.recipe.training.sampler.sample(histories, draws)
        drawn = self.encoder(self.reader.read(slices.position, slices.length)).sequences.float()  # (S, D)
        sums = drawn.new_zeros(len(chosen), drawn.shape[1]).index_add(0, send(slices.client, drawn.device), drawn)
        return sums / send(torch.bincount(slices.client, minlength=len(chosen)), drawn.device)[:, None]

    def _seed(self, number: int) -> int:
        return self.seed * 1_000_003 + number
