"""The YAML: it loads as it is, whatever the files hold."""

import numpy as np
import pandas as pd
import pytest
import yaml
from looks import look, world
from typer.testing import CliRunner

from coles_ops.config import load_config
from coles_ops.inspect import to_yaml
from coles_ops.schema import UserError
from deployments.cli import app

EVENTS, PEOPLE = world()


def inspect(*arguments: object):
    return CliRunner().invoke(app, ["inspect", *map(str, arguments)])


@pytest.fixture
def files(tmp_path):
    """Events and labels as CSV."""
    EVENTS.to_csv(tmp_path / "events.csv", index=False)
    PEOPLE.to_csv(tmp_path / "labels.csv", index=False)
    return tmp_path / "events.csv", tmp_path / "labels.csv"


def test_from_two_files_to_a_plan(files, tmp_path):
    out = tmp_path / "Mine & yours.yaml"
    done = inspect(*reversed(files), "--out", out)
    assert done.exit_code == 0, done.output
    dataset = load_config(out).dataset
    assert (dataset.client, dataset.time, dataset.label, dataset.classes) == ("who", "when", "label", ("0", "1"))
    assert (dataset.categories, dataset.amounts) == (("mcc", "city"), ("paid",))
    assert dataset.files() == list(files)
    planned = CliRunner().invoke(app, ["plan", str(out)])
    assert planned.exit_code == 0, planned.output


def test_from_numbers_to_a_plan(tmp_path):
    numbers = np.random.default_rng(0).gamma(1, size=len(PEOPLE)).round(4)
    people = PEOPLE.drop(columns="label").assign(
        spent=pd.Series(numbers, PEOPLE.index).map("{:.4f}".format).str.replace(".", ",")
    )
    EVENTS.to_csv(tmp_path / "events.csv", index=False)
    people.to_csv(tmp_path / "labels.csv", index=False)
    out = tmp_path / "mine.yaml"
    assert inspect(tmp_path / "events.csv", tmp_path / "labels.csv", "--out", out).exit_code == 0
    dataset = load_config(out).dataset
    assert (dataset.label, dataset.label_kind, dataset.classes) == ("spent", "number", ())
    planned = CliRunner().invoke(app, ["plan", str(out)])
    assert planned.exit_code == 0, planned.output
    assert f"labels  clients: {len(people)}, mean: {numbers.mean():,.4g}, deviation: " in planned.output


@pytest.mark.parametrize("name", ["churned_on", "a: b # c"])
def test_times_of_the_targets_are_offered_as_those_of_the_labels(name):
    people = PEOPLE.assign(**{name: pd.Timestamp("2024-05-01")})
    text = to_yaml(look(EVENTS, people), "x")
    (line,) = [line for line in text.splitlines() if "# label_time:" in line]
    taken = text.replace(line, line.replace("# label_time", "label_time", 1))
    assert yaml.safe_load(taken)["dataset"]["label_time"] == name
    assert "# cut: " in to_yaml(look(EVENTS, PEOPLE), "x")


def test_nothing_is_written_over(files, tmp_path):
    out = tmp_path / "mine.yaml"
    out.write_text("mine")
    refused = inspect(*files, "--out", out)
    assert (refused.exit_code, out.read_text()) == (2, "mine")
    assert inspect(*files, "--out", out, "--force").exit_code == 0
    assert load_config(out).name == "mine"


def test_any_name_and_value_survives():
    names = ["a: b", "x # y", "'\"", "[red]", "{", "- a", "yes", "12", "tab\tnew\nline", "é\x85☃", ""]
    mixed = {name: np.random.default_rng(i).choice(list("abc"), len(EVENTS)) for i, name in enumerate(names)}
    people = PEOPLE.assign(label=np.resize(names, len(PEOPLE)) + "!")
    values = yaml.safe_load(to_yaml(look(EVENTS.assign(**mixed), people), "0: [x]"))
    assert values["name"] == "0-x"
    assert values["dataset"]["categories"] == ["mcc", "city", *names]
    assert values["dataset"]["classes"] == sorted(f"{name}!" for name in names)


def test_values_are_shown_without_markup(files):
    events, labels = files
    EVENTS.replace({"mcc": {"a": "[bold]x[/nope]"}}).to_csv(events, index=False)
    done = inspect(events, labels)
    assert done.exit_code == 0, done.output
    assert "[bold]x[/nope]" in done.output


def test_without_labels_it_says_what_lacks(files, tmp_path):
    done = inspect(files[0], "--out", tmp_path / "mine.yaml")
    assert done.exit_code == 0, done.output
    assert "a verdict needs labels" in (tmp_path / "mine.yaml").read_text()
    with pytest.raises(UserError, match="dataset"):
        load_config(tmp_path / "mine.yaml")


def test_a_sample_is_called_one(files):
    done = inspect(*files, "--rows", 500)
    assert "a sample of 500 of about" in done.output


def test_parquet_reads_like_csv(files, tmp_path):
    EVENTS.to_parquet(tmp_path / "events.parquet")
    PEOPLE.to_parquet(tmp_path / "labels.parquet")
    done = inspect(tmp_path / "events.parquet", tmp_path / "labels.parquet", "--out", tmp_path / "mine.yaml")
    assert done.exit_code == 0, done.output
    assert load_config(tmp_path / "mine.yaml").dataset.amounts == ("paid",)
    assert pd.read_parquet(tmp_path / "events.parquet")["when"].dtype.kind == "M"


def test_parts_are_one_table(files, tmp_path):
    for i in range(3):
        EVENTS[i::3].to_csv(tmp_path / f"part-{i}.csv", index=False)
    parts = [tmp_path / f"part-{i}.csv" for i in range(3)]
    assert inspect(*parts, files[1], "--out", tmp_path / "mine.yaml").exit_code == 0
    assert load_config(tmp_path / "mine.yaml").dataset.files() == [*parts, files[1]]
    EVENTS.to_csv(tmp_path / "part-x.csv", index=False)
    refused = inspect(*parts, files[1])
    assert refused.exit_code == 2
    assert "put the parts of a table into one folder" in refused.stderr


def test_each_of_several_labels_gets_a_yaml(files, tmp_path):
    PEOPLE.assign(other=np.resize(["a", "b"], len(PEOPLE))).to_csv(files[1], index=False)
    done = inspect(*files, "--label", "label", "--label", "other", "--out", tmp_path / "mine.yaml")
    assert done.exit_code == 0, done.output
    assert load_config(tmp_path / "mine-label.yaml").dataset.label == "label"
    assert load_config(tmp_path / "mine-other.yaml").dataset.classes == ("a", "b")


def test_foreign_dialects_end_in_a_yaml_too(tmp_path):
    text = EVENTS.assign(
        mcc=EVENTS["mcc"].map(lambda letter: f"Магазин {letter}"),
        paid=EVENTS["paid"].map(lambda amount: f"{amount:,.2f}".replace(",", " ").replace(".", ",")),
        points=EVENTS.index.map(lambda i: f"{i % 9 + 1},{i % 900 + 100}"),
    )
    text.to_csv(tmp_path / "events.txt", sep=";", index=False, encoding="cp1251")
    PEOPLE.to_csv(tmp_path / "labels.txt", sep="\t", index=False)
    done = inspect(tmp_path / "events.txt", tmp_path / "labels.txt", "--out", tmp_path / "mine.yaml")
    assert done.exit_code == 0, done.output
    dataset = load_config(tmp_path / "mine.yaml").dataset
    assert (dataset.categories, dataset.amounts) == (("mcc", "city"), ("paid", "points"))
    assert dataset.csv.decimal == ","  # points alone do not say it
    planned = CliRunner().invoke(app, ["plan", str(tmp_path / "mine.yaml")])
    assert planned.exit_code == 0, planned.output
    assert "separator ';', quote '\"', cp1251" in planned.output
    assert f"Магазин {EVENTS['mcc'][0]}" in planned.output
    assert str(EVENTS["paid"][0]) in planned.output


def test_a_single_class_is_said_and_loads():
    text = to_yaml(look(EVENTS, PEOPLE.assign(label="x"), label="label"), "one")
    assert "# classes: there is one alone" in text
    assert yaml.safe_load(text)["dataset"]["label"] == "label"
    assert "classes" not in yaml.safe_load(text)["dataset"]
