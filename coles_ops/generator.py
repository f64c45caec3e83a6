"""Made-up clients with the schemas of Data Fusion 2022: any number of them, the same by seed, streamed to Parquet.

A client has two hidden traits. Its mix says which pages or merchants it frequents; its habit says in which order it
visits two that belong together, which aggregates do not see. The label follows, with noise, from the traits it is told
by: from both, neither can explain all of it; from the order alone, no count of anything knows it.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

_CHUNK = 2_000  # clients drawn together; part of what a seed means
_CODES = 100  # in pairs 2k, 2k + 1 that belong together
_MIXES = 4
_FLIPPED = 0.25  # share of pairs visited against the habit
STRENGTH = 1.1  # of each trait in the label's log-odds
TRAITS = ("mix", "order")
_BEGIN = 1_596_240_000  # 2020-08-01
_SPAN = 180 * 86_400  # seconds


def generate(
    folder: Path, clients: int, events: int, seed: int, modality: str, label_by: tuple[str, ...] = TRAITS
) -> None:
    """Write events (Parquet), train.csv and train_matching.csv into a folder.

    Args:
        folder: where to; must exist.
        clients: how many; two in five have a label.
        events: in all, about; lengths are log-normal, at least 2.
        seed: decides every byte.
        modality: ``transactions``, ``clickstream``, or ``both``: half of the events each, of the same clients.
        label_by: the traits that the label follows from; by none it is a coin.
    """
    rng = np.random.default_rng([seed, 0])
    ids = np.array([f"{part:016x}{i:016x}" for i, part in enumerate(rng.integers(0, 2**63, clients))], dtype=object)
    mix, habit = rng.integers(0, _MIXES, clients), rng.integers(0, 2, clients)
    signs = {"mix": np.where(mix < _MIXES / 2, 1, -1), "order": np.where(habit == 1, 1, -1)}
    odds = STRENGTH * sum((signs[trait] for trait in label_by), np.zeros(clients))
    label = (rng.random(clients) < 1 / (1 + np.exp(-odds))).astype(int)
    weight = rng.lognormal(0, 1, clients)
    written = ("transactions", "clickstream") if modality == "both" else (modality,)
    pairs = weight / weight.sum() * events / len(written) / 2
    lengths = 2 * np.maximum(1, np.round(pairs)).astype(np.int64)
    for stream, each in enumerate(written):
        with pq.ParquetWriter(folder / f"{each}.parquet", _schema(each), compression="zstd") as writer:
            for chunk, first in enumerate(range(0, clients, _CHUNK), start=1):
                part = slice(first, min(first + _CHUNK, clients))
                draw = np.random.default_rng([seed, chunk, *[stream] * (stream > 0)])
                writer.write_table(_events(draw, ids[part], mix[part], habit[part], lengths[part], each))
    known = np.arange(clients) % 5 < 2
    bank = "bank" + pd.Series(ids) if modality == "clickstream" else pd.Series(ids)
    train = pd.DataFrame({"bank": bank[known], "higher_education": label[known].astype(float)})
    train.to_csv(folder / "train.csv", index=False)
    matched = np.ones(clients, bool) if modality == "both" else known
    pd.DataFrame({"bank": bank[matched], "rtk": ids[matched]}).to_csv(folder / "train_matching.csv", index=False)


def _schema(modality: str) -> pa.Schema:
    text = pa.dictionary(pa.int32(), pa.string())
    if modality == "transactions":
        return pa.schema(
            [("user_id", text), ("mcc_code", text), ("currency_rk", text), ("transaction_amt", pa.float64()),
             ("transaction_dttm", pa.timestamp("us"))]
        )  # fmt: skip
    return pa.schema([("user_id", text), ("cat_id", text), ("timestamp", pa.timestamp("us")), ("new_uid", pa.int64())])


def _events(
    rng: np.random.Generator, ids: np.ndarray, mix: np.ndarray, habit: np.ndarray, lengths: np.ndarray, modality: str
) -> pa.Table:
    """All events of a chunk of clients, client after client in time order."""
    owner = np.repeat(np.arange(len(ids)), lengths)  # (E,)
    codes = _codes(rng, mix, habit, lengths)
    time = np.sort(owner + rng.random(len(owner))) - owner  # sorted within each client
    seconds = _BEGIN + (time * _SPAN).astype(np.int64)
    names = pa.array([str(code) for code in range(_CODES)])
    columns = {
        "user_id": pa.DictionaryArray.from_arrays(pa.array(owner, pa.int32()), pa.array(ids, pa.string())),
        "code": pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), names),
        "time": pa.array(seconds * 1_000_000, pa.timestamp("us")),
    }
    if modality == "clickstream":
        arrays = [columns["user_id"], columns["code"], columns["time"], pa.array(owner, pa.int64())]
    else:
        currency = pa.DictionaryArray.from_arrays(
            pa.array((rng.random(len(owner)) < 0.03).astype(np.int32)), pa.array(["48", "50"])
        )
        spent = np.round(rng.lognormal(5 + codes % 7 / 4, 1) * np.where(codes % 10 == 9, 1, -1), 2)
        arrays = [columns["user_id"], columns["code"], currency, pa.array(spent), columns["time"]]
    return pa.Table.from_arrays(arrays, schema=_schema(modality))


def _codes(rng: np.random.Generator, mix: np.ndarray, habit: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """(E,) codes: pairs drawn by the client's mix, the two of a pair in the order of its habit, mostly."""
    pairs = lengths // 2
    owner = np.repeat(np.arange(len(lengths)), pairs)  # (P,)
    kinds = _CODES // 2
    favoured = rng.random(len(owner)) < 0.3  # else from the popularity all share
    popular = np.minimum((kinds * rng.random(len(owner)) ** 2).astype(np.int64), kinds - 1)
    own = (mix[owner] + _MIXES * rng.integers(0, kinds // _MIXES, len(owner))) % kinds
    pair = np.where(favoured, own, popular)
    upward = (habit[owner] == 1) ^ (rng.random(len(owner)) < _FLIPPED)
    return np.stack([2 * pair + ~upward, 2 * pair + upward], axis=1).reshape(-1)
