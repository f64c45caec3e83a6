import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from coles_ops.generator import TRAITS, generate


def world(
    folder, modality="transactions", seed=0, clients=5_000, events=400_000, label_by=TRAITS
) -> tuple[pd.DataFrame, pd.DataFrame]:
    folder.mkdir()
    generate(folder, clients, events, seed, modality, label_by)
    first = "transactions" if modality == "both" else modality
    return pd.read_parquet(folder / f"{first}.parquet"), pd.read_csv(folder / "train.csv")


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


def known_by(events: pd.DataFrame, train: pd.DataFrame) -> tuple[float, float, float]:
    """ROC-AUC of what clients frequent, of the order of pairs, and of both."""
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

    return auc(shares), auc(order), auc(np.hstack([shares, order]))


def test_neither_what_nor_in_which_order_explains_all(tmp_path):
    what, when, both = known_by(*world(tmp_path / "a"))
    assert 0.6 < what < 0.8
    assert 0.6 < when < 0.8
    assert both > max(what, when) + 0.05


def test_the_label_follows_from_what_it_is_told_by(tmp_path):
    what, when, _ = known_by(*world(tmp_path / "order", label_by=("order",)))
    assert abs(what - 0.5) < 0.05
    assert when > 0.7
    what, when, _ = known_by(*world(tmp_path / "mix", label_by=("mix",)))
    assert abs(when - 0.5) < 0.05
    assert what > 0.7
    assert all(abs(found - 0.5) < 0.06 for found in known_by(*world(tmp_path / "coin", label_by=())))


def test_both_modalities_are_of_the_same_clients(tmp_path):
    bought, train = world(tmp_path / "a", "both", clients=300, events=20_000)
    clicked = pd.read_parquet(tmp_path / "a" / "clickstream.parquet")
    assert set(bought.user_id) == set(clicked.user_id) >= set(train.bank)
    assert abs(len(bought) + len(clicked) - 20_000) < 1_000
    assert (bought.mcc_code.to_numpy() != clicked.cat_id.to_numpy()).mean() > 0.9
    matching = pd.read_csv(tmp_path / "a" / "train_matching.csv")
    assert set(matching.bank) == set(matching.rtk) == set(bought.user_id)
