"""Labels, what gives them away, and sizes that fit."""

import numpy as np
import pandas as pd
import pytest
from looks import look, sample, world

from coles_ops.inspect import Role, profile
from coles_ops.inspect.sizes import fit_sizes, lengths_of
from coles_ops.schema import DataError

EVENTS, PEOPLE = world()
LABEL = EVENTS["who"].map(PEOPLE.set_index("who")["label"])


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ([0, 1], ["0", "1"]),
        (["yes", "no"], ["no", "yes"]),
        ([True, False], ["False", "True"]),
        (["b", "a"], ["b", "a"]),  # the rarer is looked for
        ([10, 9, 2], ["2", "9", "10"]),
    ],
)
def test_classes_are_put_in_order(values, classes):
    people = PEOPLE.assign(label=np.resize([*values, values[0]], len(PEOPLE)))
    found = look(EVENTS, people).labels
    assert (found.column, list(found.classes)) == ("label", classes)
    assert sum(found.classes.values()) == len(people)


def test_a_label_without_a_telling_name_is_a_guess_and_one_named_is_none():
    people = PEOPLE.rename(columns={"label": "x1"}).assign(x2=np.resize([1, 2, 3], len(PEOPLE)))
    found = look(EVENTS, people)
    assert found.labels.column == "x1"
    assert any("'x1' is the label is a guess" in warning for warning in found.warnings)
    named = look(EVENTS, people, label="x2")
    assert (named.labels.column, named.warnings) == ("x2", [])
    with pytest.raises(DataError, match="--label nope: there is no such column; there are who, x1, x2"):
        look(EVENTS, people, label="nope")


def test_labels_that_cannot_be_used_are_doubted():
    many = PEOPLE.assign(label=[f"c{i}" for i in range(len(PEOPLE))])
    assert "each of which is a class: join rare ones" in look(EVENTS, many, label="label").warnings[0]
    rare = PEOPLE.assign(label=["odd", *["a", "b"] * 22])
    assert "'odd' has 1" in look(EVENTS, rare).warnings[0]


@pytest.mark.parametrize("named", [None, "label"])
def test_many_different_numbers_are_a_number(named):
    people = pd.DataFrame({"who": EVENTS["who"].unique()})
    people["label"] = np.random.default_rng(0).gamma(1, size=len(people)).round(4)
    found = look(EVENTS, people, label=named)
    assert (found.labels.column, found.labels.classes, found.warnings) == ("label", {}, [])
    assert found.labels.by_client.to_dict() == dict(zip(people.who, people.label, strict=True))
    guess = next(guess for guess in found.labels.guesses if guess.column == "label")
    assert guess.reason.startswith(f"numbers of {len(people)} clients: mean {people.label.mean():,.4g}, deviation ")
    torn = people.astype({"label": object})
    torn.loc[torn.index[0], "label"] = "many"
    assert "of the values of the label 'label' are no numbers" in look(EVENTS, torn, label="label").warnings[0]


def test_a_column_that_gives_a_number_away_is_left_out():
    people = PEOPLE.assign(label=np.random.default_rng(0).gamma(1, size=len(PEOPLE)))
    told = EVENTS["who"].map(people.set_index("who")["label"])
    bands = pd.Series(pd.qcut(people.label, 4, labels=list("wxyz")).astype(str).to_numpy(), people.who)
    found = look(EVENTS.assign(owed=told.fillna(0) * 7 + 1, band=EVENTS["who"].map(bands).fillna("w")), people)
    roles = {guess.column: guess.role for guess in found.guesses}
    assert (roles["owed"], roles["band"], roles["mcc"]) == (Role.OUT, Role.OUT, Role.CATEGORY)


def test_a_label_in_the_events_themselves():
    events = EVENTS.assign(churned=LABEL.fillna(0).astype(int))
    found = look(events, label="churned")
    assert found.targets is found.events
    assert {g.column: g.role for g in found.guesses}["churned"] is Role.LABEL
    assert set(found.labels.classes) == {"0", "1"}


@pytest.mark.parametrize(
    ("leak", "told"),
    [
        (LABEL.map({0: "stays", 1: "leaves"}).fillna("?"), "its value tells the label nearly alone"),
        (np.where((LABEL == 1) & ~EVENTS["who"].duplicated(), "closed", "open"), "has 'closed' tells the label"),
        (LABEL.fillna(0) * 100 + np.random.default_rng(0).normal(size=len(EVENTS)), "of a client tells the label"),
    ],
)
def test_a_column_that_gives_the_label_away_is_left_out(leak, told):
    found = look(EVENTS.assign(state=leak), PEOPLE)
    guess = next(guess for guess in found.guesses if guess.column == "state")
    assert guess.role is Role.OUT
    assert told in guess.reason
    assert any("'state' is left out" in warning for warning in found.warnings)
    assert look(EVENTS, PEOPLE).warnings == []


def test_times_that_give_the_label_away():
    late = EVENTS["when"] + pd.to_timedelta(np.where(LABEL == 1, 200, 0), "D")
    assert any("of the times" in warning for warning in look(EVENTS.assign(when=late), PEOPLE).warnings)


def test_sizes_follow_the_lengths():
    assert fit_sizes(np.full(5000, 900), 5000, 2000).settings == {}
    short = fit_sizes(np.r_[np.full(10, 3), np.full(50, 12), np.full(40, 20)], 100, 100)
    assert short.settings == {
        "batch_size": 8, "min_events": 12, "sampler": {"name": "sample_slices", "min": 6, "max": 12},
    }  # fmt: skip
    assert short.limits == {}
    tiny = fit_sizes(np.r_[np.ones(70), np.full(30, 9)], 100, 0)
    assert tiny.settings["min_events"] == 2
    assert tiny.limits["min_clients_with_events"][0] == 0.25


@pytest.mark.parametrize(
    ("client", "whole", "length", "clients"),
    [
        (["a", "b"] * 50, False, 500, 2),
        (["a", "b"] * 50, True, 50, 2),
        (["a"] * 50 + ["b"] * 50, False, 50, 20),  # whole histories, side by side: more clients follow
    ],
)
def test_lengths_of_a_part_are_made_whole(client, whole, length, clients):
    lengths, total = lengths_of(pd.Series(client), 1000, whole)
    assert (lengths.tolist(), total) == ([length] * 2, clients)


def test_gates_that_would_fail_are_set_with_their_reason():
    events = EVENTS.assign(city=EVENTS["city"].where(np.arange(len(EVENTS)) % 2 == 0)).copy()
    events.loc[::4, "who"] = None
    people = pd.concat([PEOPLE, pd.DataFrame({"who": ["x1", "x2"], "label": [0, 1]})])
    found = look(events, people).limits
    assert 0.25 < found["max_quarantined"][0] < 0.27
    assert "25.0% of the rows have no who" in found["max_quarantined"][1]
    assert 0.5 < found["max_null_categories"][0] < 0.56
    assert found["max_labels_without_events"] == (0.07, "3 labelled clients have no events")
    part = profile([sample(events, rows=10**6), sample(people)]).limits
    assert "max_labels_without_events" not in part  # those that lack may be in the rest
    assert part["max_quarantined"][0] > found["max_quarantined"][0]
