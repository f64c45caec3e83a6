import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from coles_ops.generator import generate


def world(folder, modality="transactions", seed=0, clients=5_000, events=400_000) -> tuple[pd.DataFrame, pd.DataFrame]:
    folder.mkdir()
    generate(folder, clients, events, seed, modality)
    return pd.read_parquet(folder / f"{modality}.parquet"), pd.read_csv(folder / "train.csv")


@pytest.mark.parametrize(
    ("modality", "columns"),
    [
        ("transactions", ["user_id", "mcc_code", "currency_rk", "transaction_amt", "transaction_dttm"]),
        ("clickstream", ["user_id", "cat_id", "timestamp", "new_uid"]),
    ],
)
def test_schema_size_and_bytes(tmp_path, modality, columns):
    events, train = world(tmp_path / "a", modality, clients=300, events=20_000)
    assert list(events.columns) == columns
    assert abs(len(events) - 20_000) < 1_000
    assert events.user_id.nunique() == 300
    assert len(train) == 120
    world(tmp_path / "b", modality, clients=300, events=20_000)
    world(tmp_path / "c", modality, seed=1, clients=300, events=20_000)
    one, same, other = ((tmp_path / x / f"{modality}.parquet").read_bytes() for x in "abc")
    assert one == same != other


def test_neither_what_nor_in_which_order_explains_all(tmp_path):
    events, train = world(tmp_path / "a")
    code = events.mcc_code.astype(int).to_numpy()
    client = pd.Categorical(events.user_id, categories=events.user_id.unique()).codes
    shares = pd.crosstab(client, code, normalize="index").to_numpy()
    up = (code[1:] == code[:-1] + 1) & (code[:-1] % 2 == 0) & (client[1:] == client[:-1])
    down = (code[1:] == code[:-1] - 1) & (code[1:] % 2 == 0) & (client[1:] == client[:-1])
    order = np.stack([np.bincount(client[1:], x, shares.shape[0]) for x in (up, down)], axis=1)
    order = order / np.maximum(order.sum(axis=1, keepdims=True), 1)
    rows = pd.Index(events.user_id.unique()).get_indexer(train.bank)
    half, label = len(rows) // 2, train.higher_education.to_numpy()

    def auc(features: np.ndarray) -> float:
        x = (features - features.mean(axis=0)) / (features.std(axis=0) + 1e-9)
        model = LogisticRegression(C=0.1, max_iter=500).fit(x[rows[:half]], label[:half])
        return roc_auc_score(label[half:], model.predict_proba(x[rows[half:]])[:, 1])

    what, when, both = auc(shares), auc(order), auc(np.hstack([shares, order]))
    assert 0.6 < what < 0.8
    assert 0.6 < when < 0.8
    assert both > max(what, when) + 0.05
