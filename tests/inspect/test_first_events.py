"""The first events that `coles plan` shows are those that Spark reads."""

import pandas as pd
import pytest
from tables import purchases, write_world
from typer.testing import CliRunner

from coles_ops.datasets.table import Table
from coles_ops.inspect import preview
from coles_ops.schema import CLIENT, TIME
from deployments.cli import app

EVENTS, PEOPLE = purchases()
WHEN = EVENTS["when"]


def dataset(folder, when: pd.Series, **options: object) -> Table:
    config = write_world(folder, EVENTS.assign(when=when), PEOPLE)
    return config.dataset.model_copy(update=options)


@pytest.mark.spark
@pytest.mark.parametrize(
    ("when", "options"),
    [
        (WHEN, {}),
        (WHEN, {"timezone": "America/New_York"}),
        (WHEN.dt.strftime("%d/%m/%Y %H:%M"), {"time_format": "dd/MM/yyyy HH:mm", "timezone": "Asia/Tokyo"}),
        (WHEN.astype("int64") // 10**9, {"time_format": "seconds", "timezone": "Asia/Tokyo"}),
        (WHEN.map(lambda _: "2024-03-31 02:30:00"), {"timezone": "Europe/Berlin"}),  # the clock leaves it out
        (WHEN.map(lambda _: "2024-10-27 02:30:00"), {"timezone": "Europe/Berlin"}),  # the clock shows it twice
        (WHEN.map(lambda _: "never"), {}),
    ],
)
def test_the_first_events_are_those_that_spark_reads(spark, tmp_path, when, options):
    table = dataset(tmp_path, when, **options)
    shown = preview(table).events
    read = table.events(spark).limit(3).toPandas()
    instants = shown[TIME].dt.tz_convert("UTC").dt.tz_localize(None)
    assert instants.astype("datetime64[us]").tolist() == read[TIME].astype("datetime64[us]").tolist()
    assert shown[CLIENT].tolist() == read[CLIENT].tolist()
    pd.testing.assert_frame_equal(shown[["mcc", "city", "paid"]], read[["mcc", "city", "paid"]])


def test_plan_shows_first_events_and_labels(tmp_path):
    events = EVENTS.assign(mcc="[bold]" + EVENTS["mcc"] + "[/x]")
    config = write_world(tmp_path, events, PEOPLE)
    file = tmp_path / "mine.yaml"
    file.write_text(config.model_dump_json())
    done = CliRunner().invoke(app, ["plan", str(file), "--set", "dataset.timezone=Asia/Tokyo"])
    assert done.exit_code == 0, done.output
    first = WHEN[0].tz_localize("Asia/Tokyo").strftime("%Y-%m-%d %H:%M:%S%z")
    assert first in done.output
    counts = PEOPLE["label"].value_counts()
    assert f"labels  0: {counts[0]}, 1: {counts[1]}" in done.output
    assert f"of 60 clients in the first {len(EVENTS):,} events, 15 have no label" in done.output
    assert f"[bold]{EVENTS['mcc'][0]}[/x]" in done.output


def test_plan_names_a_column_that_lacks(tmp_path):
    config = write_world(tmp_path, EVENTS.rename(columns={"paid": "price"}), PEOPLE)
    (tmp_path / "mine.yaml").write_text(config.model_dump_json())
    done = CliRunner().invoke(app, ["plan", str(tmp_path / "mine.yaml")])
    assert done.exit_code == 2
    assert "has no column 'paid'; it has who, when, mcc, city, price" in done.stderr
