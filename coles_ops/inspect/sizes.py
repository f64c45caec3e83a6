"""Training sizes that fit how long the histories are: the defaults were made for hundreds of events a client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from coles_ops.config import Evaluation, Training, Validation
from coles_ops.inspect.limits import Limits
from coles_ops.protocols import Clients
from coles_ops.samplers.slices import SampleSlices
from coles_ops.schema import FITS

_ENOUGH = 0.75  # least share of the clients that should train, where histories are short
_BATCHES = 4  # least batches a pass
_MARGIN = 0.05  # what the share of short clients may be wrong by


@dataclass(frozen=True)
class Sizes:
    """Settings of ``training`` and ``validation`` that are not the defaults, and what they were taken from."""

    quantiles: tuple[int, int, int]  # events of a client: a quarter have at most so many, half, three quarters
    settings: dict[str, Any]
    limits: Limits


def fit_sizes(lengths: np.ndarray, clients: int, labelled: int) -> Sizes:
    """Sizes for histories of these lengths (C,), of clients that are so many in all, and part of them labelled."""
    defaults, slices, protocol = Training(), SampleSlices(), Evaluation().protocol
    quarter, half, most = np.quantile(lengths, [1 - _ENOUGH, 0.5, _ENOUGH]).astype(int).tolist()
    least = min(defaults.min_events, max(quarter, 2))
    longest = min(slices.max, max(half, least))
    shortest = slices.min if least == defaults.min_events else max(least // 2, 1)
    label = np.where(np.arange(clients) < labelled, 0, -1)
    fits = np.isin(protocol.assign(Clients(label, np.arange(clients))), [str(part) for part in FITS])  # (C,)
    training = (lengths >= least).mean() * fits.sum()
    batch = defaults.batch_size
    while batch > 8 and batch * _BATCHES > training:
        batch //= 2
    wanted = {"batch_size": batch, "min_events": least}
    settings: dict[str, Any] = {key: value for key, value in wanted.items() if value != getattr(defaults, key)}
    if (shortest, longest) != (slices.min, slices.max):
        settings["sampler"] = {"name": slices.name, "min": shortest, "max": longest}
    enough = float((lengths >= least).mean()) - _MARGIN
    short: Limits = {}
    if enough < Validation().min_clients_with_events:
        short["min_clients_with_events"] = max(round(enough, 2), 0.0), f"many clients have fewer than {least} events"
    return Sizes((quarter, half, most), settings, short)


def lengths_of(client: pd.Series, rows: int, whole: bool) -> tuple[np.ndarray, int]:
    """(C,) events of each client and the number of clients; where only a part was read, what they are likely in all.

    Rows sorted by client show whole histories, apart from those at the ends of what was read, of a part of the
    clients. Else each client's rows are a part of all, as the rows read are of all rows.
    """
    counts = client.value_counts().to_numpy()
    if whole:
        return counts, len(counts)
    part = len(client) / rows
    if int((client.to_numpy()[1:] != client.to_numpy()[:-1]).sum()) < 2 * len(counts):
        return counts, int(len(counts) / part)
    return np.maximum(counts / part, 1).astype(int), len(counts)
