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


SPELLED = {
    "who": " C00" + EVENTS["who"].str[-1],
    "paid": EVENTS["paid"].map("{:.2f}".format).str.replace(".", ",").where(EVENTS.index != 1, "n/a"),
}


def dataset(folder, when: pd.Series, spelled: dict[str, object], **options: object) -> Table:
    config = write_world(folder, EVENTS.assign(when=when, **spelled), PEOPLE, dataset=options)
    return config.dataset


@pytest.mark.spark
@pytest.mark.parametrize(
    ("when", "spelled", "options"),
    [
        (WHEN, {}, {}),
        (WHEN, SPELLED, {"timezone": "America/New_York", "ids": ["trim", "lower"], "nullable": ["paid"]}),
        (WHEN.dt.strftime("%d/%m/%Y %H:%M"), {}, {"time_format": "dd/MM/yyyy HH:mm", "timezone": "Asia/Tokyo"}),
        (WHEN.astype("int64") // 10**9, {}, {"time_format": "seconds", "timezone": "Asia/Tokyo"}),
        (WHEN.map(lambda _: "2024-03-31 02:30:00"), {}, {"timezone": "Europe/Berlin"}),  # the clock leaves it out
        (WHEN.map(lambda _: "2024-10-27 02:30:00"), {}, {"timezone": "Europe/Berlin"}),  # the clock shows it twice
        (WHEN.where(WHEN.index != 1, "1970-01-01"), {}, {"missing_times": ["1970-01-01"]}),
    ],
)
def test_the_first_events_are_those_that_spark_reads(spark, tmp_path, when, spelled, options):
    table = dataset(tmp_path, when, spelled, **options)
    shown = preview(table).events
    read = table.events(spark).limit(3).toPandas()
    left_out = read["row_fault"].notna()
    instants = shown[TIME].dt.tz_convert("UTC").dt.tz_localize(None)
    assert instants.isna().tolist() == left_out.tolist()
    assert (instants[~left_out] == read[TIME][~left_out]).all()
    columns = [CLIENT, *table.categories, *table.amounts]
    pd.testing.assert_frame_equal(shown[columns], read[columns])


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
