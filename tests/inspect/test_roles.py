"""What columns are for: each guess with its reason."""

import numpy as np
import pandas as pd
import pytest
import yaml
from looks import look, world

from coles_ops.inspect import Role, to_yaml

EVENTS, PEOPLE = world()
N = len(EVENTS)
RNG = np.random.default_rng(0)
OWNER = EVENTS["who"].str[1:].astype(int).to_numpy()


@pytest.mark.parametrize(
    ("name", "values", "role", "reason"),
    [
        ("MerchantCode", RNG.integers(1000, 9000, N) // 40 * 40, Role.CATEGORY, "200 values"),
        ("level", RNG.integers(0, 9, N), Role.CATEGORY, "9 values"),
        ("branch", [f"{i:03d}" for i in RNG.integers(0, 300, N)], Role.CATEGORY, "values"),
        ("city2", RNG.choice(["Łódź", "Ålesund", None], N), Role.CATEGORY, "% missing"),
        ("UnitPrice", RNG.integers(1, 9, N), Role.AMOUNT, "numbers from 1 to 8"),
        ("x", RNG.normal(size=N), Role.AMOUNT, "numbers from"),
        ("delta", RNG.integers(-5, 5, N), Role.AMOUNT, "numbers from -5 to 4"),
        ("fee", np.where(RNG.random(N) < 0.3, np.nan, RNG.normal(size=N)), Role.AMOUNT, "% missing"),
        ("id", np.arange(N), Role.OUT, "it names rows"),
        ("guid", [f"g{i}" for i in range(N)], Role.OUT, "it names rows"),
        ("order", [f"{o}-{i}" for o, i in zip(OWNER, RNG.integers(0, 9, N), strict=True)], Role.OUT, "one client"),
        ("currency", ["EUR"] * N, Role.OUT, "one value"),
        ("nothing", [None] * N, Role.OUT, "no value"),
        ("week", RNG.integers(1, 50, N), Role.OUT, "a part of the time"),
        (
            "loaded_at",
            pd.Timestamp("2024-06-01") + pd.to_timedelta(RNG.integers(0, 99, N), "h"),
            Role.OUT,
            "another time",
        ),
        ("product_name", EVENTS["mcc"].map(lambda m: f"item of {m}"), Role.OUT, "says the same as mcc"),
        (
            "note",
            np.resize([" ".join(RNG.choice(list("abcdefgh"), 9)) for _ in range(N // 2)], N),
            Role.OUT,
            "free",
        ),
    ],
)
def test_a_column_is_guessed_with_its_reason(name, values, role, reason):
    found = {guess.column: guess for guess in look(EVENTS.assign(**{name: values}), PEOPLE).guesses}
    assert (found[name].role, reason in found[name].reason) == (role, True), found[name]
    assert [found[column].role for column in ("who", "when", "mcc", "city", "paid")] == [
        Role.CLIENT, Role.TIME, Role.CATEGORY, Role.CATEGORY, Role.AMOUNT,
    ]  # fmt: skip


def test_the_client_is_found_without_targets_and_among_columns_that_repeat_too():
    events = EVENTS.rename(columns={"who": "customer_id"}).assign(shop_id=RNG.integers(0, 400, N))
    assert look(events[["shop_id", "mcc", "when", "customer_id"]]).column(Role.CLIENT) == "customer_id"


def test_ids_decide_where_names_say_nothing():
    events = EVENTS.rename(columns={"who": "a", "mcc": "b"})
    found = look(PEOPLE.rename(columns={"who": "z"}), events)
    assert (found.column(Role.CLIENT), found.pairing.target_client) == ("a", "z")
    assert found.pairing.share == 1


@pytest.mark.parametrize(
    ("events", "targets", "rule"),
    [
        (EVENTS["who"], PEOPLE["who"].str.upper(), "lower"),
        (OWNER, PEOPLE["who"].str[1:].astype(float), "no_decimals"),
        (OWNER, PEOPLE["who"].str[1:], "no_leading_zeros"),
        (EVENTS["who"] + "  ", PEOPLE["who"], "trim"),
    ],
)
def test_ids_in_another_spelling_meet_by_a_rule_that_is_written(events, targets, rule):
    found = look(EVENTS.assign(who=events), PEOPLE.assign(who=targets))
    assert found.pairing.rules == (rule,)
    assert found.pairing.share == 1
    assert yaml.safe_load(to_yaml(found, "x"))["dataset"]["ids"] == [rule]
    assert any(f"write `ids: [{rule}]`" in warning for warning in found.warnings)


def test_amounts_that_may_be_missing_are_nullable():
    points = pd.Series(RNG.normal(size=N)).round(3).astype(object)
    points[:300] = None
    points[300:400] = "NULL"
    values = yaml.safe_load(to_yaml(look(EVENTS.assign(points=points), PEOPLE), "x"))
    assert values["dataset"]["nullable"] == ["points"]
    assert "validation" not in values


def test_a_header_of_values_is_doubted_and_events_are_what_has_times():
    nameless = EVENTS.set_axis(["who", "2024-03-01", "mcc", "city", "12.5"], axis=1)
    assert "dataset.csv.columns" in look(nameless, PEOPLE).warnings[0]
    once = EVENTS.drop_duplicates("who")
    assert look(PEOPLE, once).events.frame.columns.tolist() == list(EVENTS)
