"""The contract of all datasets, and what is special to each."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import functions as F
from tables import purchases, write_world

from coles_ops.config import load_config, parse_config
from coles_ops.datasets import DATASETS, Dataset, catalogue
from coles_ops.datasets.places import places
from coles_ops.datasets.table import Table
from coles_ops.schema import CLIENT, GROUP, LABEL, REMARK, TIME, DataError
from coles_ops.sources import ROW_FAULT
from coles_ops.targets import Number

pytestmark = pytest.mark.spark


def contest(folder: Path) -> Path:
    """The contest's files, as it publishes them, cut to a few rows."""
    folder.mkdir(parents=True)
    (folder / "transactions.csv").write_text(
        "user_id,mcc_code,currency_rk,transaction_amt,transaction_dttm\n"
        "aa,5411,48,-100.5,2020-08-01 10:00:00\naa,5812,48,oops,2020-08-02 11:30:00\nbb,5411,50,7,never\n"
    )
    (folder / "clickstream.csv").write_text(
        "user_id,cat_id,timestamp,new_uid\nu1,165,2021-01-30 20:08:12,1873448\nu2,3,2021-01-31 20:06:29,1873448\n"
    )
    (folder / "train_matching.csv").write_text("bank,rtk\naa,u1\nbb,0\ncc,u2\n")
    (folder / "train.csv").write_text("bank,higher_education\naa,1.0\nbb,0.0\ncc,\n")
    return folder


def authors(folder: Path) -> Path:
    """The files of Rosbank, gender and age, as the authors of the method keep them, cut to a few rows."""
    folder.mkdir(parents=True)
    head = "PERIOD,cl_id,MCC,channel_type,currency,TRDATETIME,amount,trx_category"
    (folder / "train.csv").write_text(
        f"{head},target_flag,target_sum\n01/10/2017,0,5200,,810,21OCT17:09:30:00,5023.0,POS,0,0.0\n"
        "01/10/2017,1,6011,type1,810,12OCT17:12:24:07,20000.0,DEPOSIT,1,10.5\n"
    )
    (folder / "test.csv").write_text(f"{head}\n01/04/2017,9,5921,,810,20APR17:00:00:00,424.0,POS\n")
    (folder / "transactions.csv").write_text(
        "customer_id,tr_datetime,mcc_code,tr_type,amount,term_id\n"
        "39026145,0 10:23:26,4814,1030,-2245.92,\n39026145,6 07:08:60,6011,7010,56147.89,888918\n"
        "1,1 10:19:29,4829,2330,-56147.89,\n"
    )
    (folder / "gender_train.csv").write_text("customer_id,gender\n39026145,1\n1,0\n")
    for part, client in (("train", 33172), ("test", 24717)):
        (folder / f"transactions_{part}.csv").write_text(
            f"client_id,trans_date,small_group,amount_rur\n{client},6,4,71.463\n{client},727,35,45.017\n"
        )
    (folder / "train_target.csv").write_text("client_id,bins\n33172,2\n24662,0\n")
    return folder


def _clicks(file: Path) -> Path:
    """Of one user who pauses for half an hour, and for more, and of one who clicks thrice in a row."""
    file.write_text(
        "user,site,timestamp\n7,a,2014-01-01 23:50:00\n7,b,2014-01-02 00:20:00\n7,c,2014-01-02 00:50:01\n"
        "8,a,2014-01-03 10:00:00\n8,a,2014-01-03 10:00:01\n8,b,2014-01-03 10:00:02\n"
    )
    return file


def _sales(file: Path) -> Path:
    """Of one customer who buys on the day of the cut and one who gives back; of one who comes later; of nobody."""
    file.write_text(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        '1,85123A,"A ""B"", C",6.0,2011-08-31 23:59:00,2.5,17850.0,France\n'
        "2,71053,D,1.0,2011-09-01 00:00:00,3.39,17850.0,France\n"
        "3,71053,D,2.0,2011-08-01 09:00:00,3,13047.0,United Kingdom\n"
        "C4,71053,D,-2.0,2011-09-09 09:00:00,3,13047.0,United Kingdom\n"
        "5,71053,D,2.0,2011-10-01 09:00:00,3,99.0,EIRE\n6,71053,D,2.0,2011-01-01 09:00:00,3,,EIRE\n"
    )
    return file


def made(name: str, tmp_path: Path) -> Dataset:
    if name == "table":
        return write_world(tmp_path / "world", *purchases()).dataset
    files = {
        "datafusion2022": lambda: {"folder": contest(tmp_path / "contest")},
        "alice": lambda: {"file": _clicks(tmp_path / "clicks.csv"), "most": 2, "least": 1},
        "onlineretail": lambda: {"file": _sales(tmp_path / "sales.csv")},
        "synthetic": lambda: {"clients": 100, "n_events": 2_000},
        **dict.fromkeys(("rosbank", "gender", "age"), lambda: {"folder": authors(tmp_path / "authors")}),
    }
    return DATASETS.get(name)(**files[name]() if name in files else {})


@pytest.mark.parametrize("name", DATASETS.names())
def test_every_dataset_keeps_the_contract(spark, tmp_path, name):
    dataset = made(name, tmp_path)
    types = dict(dataset.events(spark).drop(ROW_FAULT, REMARK).dtypes)
    assert types == {
        CLIENT: "string",
        TIME: "timestamp",
        **dict.fromkeys(dataset.categories, "string"),
        **dict.fromkeys(dataset.amounts, "double"),
    }
    targets = dataset.targets(spark)
    assert dict(targets.dtypes) == {CLIENT: "string", LABEL: "string", GROUP: "string"}
    labels = {row[0] for row in targets.select(LABEL).distinct().collect()}
    assert labels <= set(dataset.classes or labels)
    assert len(labels) > 1
    assert dataset.files() == made_again(dataset).files()
    assert all(file.is_file() for file in dataset.files())
    assert dataset.__doc__


def made_again(dataset: Dataset) -> Dataset:
    return type(dataset).model_validate(dataset.model_dump(mode="json"))


def test_the_complete_journey_is_all_there(spark):
    dataset = DATASETS.get("completejourney")()
    events = dataset.events(spark)
    assert events.count() == 1_469_307
    assert events.select(CLIENT).distinct().count() == 2_469
    counts = {r[0]: r[1] for r in dataset.targets(spark).groupBy(LABEL).count().collect()}
    assert counts == {"no": 513, "yes": 288}
    hours = events.groupBy("daypart").agg(F.min(F.hour(TIME)), F.max(F.hour(TIME))).collect()
    assert {r[0]: (r[1], r[2]) for r in hours}["morning"] == (6, 11)


@pytest.mark.parametrize(
    ("target", "counts"),
    [
        ("age_45_plus", [382, 419]),
        ("income_50k_plus", [384, 417]),
        ("size_3_plus", [573, 228]),
        ("income_band", [212, 172, 192, 225]),
    ],
)
def test_other_targets_of_the_complete_journey(spark, target, counts):
    dataset = DATASETS.get("completejourney")(target=target)
    found = {r[0]: r[1] for r in dataset.targets(spark).groupBy(LABEL).count().collect()}
    assert found == dict(zip(dataset.classes, counts, strict=True))


def test_transactions_of_the_contest_are_read_as_they_are(spark, tmp_path):
    dataset = DATASETS.get("datafusion2022")(folder=contest(tmp_path / "c"))
    first, second, third = dataset.events(spark).orderBy(CLIENT, F.desc_nulls_last("transaction_amt")).collect()
    assert (first["mcc_code"], first["currency_rk"], first["transaction_amt"]) == ("5411", "48", -100.5)
    assert str(first[TIME]) == "2020-08-01 10:00:00"
    assert second["transaction_amt"] is None
    assert third[TIME] is None
    assert sorted(map(tuple, dataset.targets(spark).collect())) == [("aa", "1", "aa"), ("bb", "0", "bb")]


def test_a_clickstream_user_has_label_and_group_of_its_bank_client(spark, tmp_path):
    dataset = DATASETS.get("datafusion2022")(modality="clickstream", folder=contest(tmp_path / "c"))
    assert [tuple(r) for r in dataset.targets(spark).collect()] == [("u1", "1", "aa")]
    assert dataset.events(spark).count() == 2
    assert dataset.amounts == ()


def test_both_modalities_are_one_history_of_the_matched_bank_clients(spark, tmp_path):
    dataset = DATASETS.get("datafusion2022")(modality="both", folder=contest(tmp_path / "c"))
    assert dataset.categories == ("mcc_code", "currency_rk", "cat_id", "modality")
    rows = dataset.events(spark).orderBy("modality", TIME).collect()
    assert {row[CLIENT] for row in rows} == {"aa", "cc"}  # bb has no match
    clicks = [row for row in rows if row["modality"] == "clickstream"]
    assert [(row["mcc_code"], row["transaction_amt"]) for row in clicks] == [(None, 0.0)] * len(clicks)
    bought = DATASETS.get("datafusion2022")(folder=contest(tmp_path / "d")).events(spark).where("client_id = 'aa'")
    assert len(rows) - len(clicks) == bought.count() > 0
    assert [row["cat_id"] for row in rows[len(clicks) :]] == [None] * bought.count()
    assert [tuple(row) for row in dataset.targets(spark).collect()] == [("aa", "1", "aa")]
    again = dataset.events(spark, [path for path in reversed(dataset.files()[:2])])
    assert again.exceptAll(dataset.events(spark)).isEmpty()


def test_sales_before_a_day_and_who_buys_after_it(spark, tmp_path):
    dataset = made("onlineretail", tmp_path)
    first = dataset.events(spark).orderBy("pounds").collect()[-1]
    assert tuple(first)[2:] == ("85123A", "France", "no", 6.0, 15.0)
    assert str(first[TIME]) == "2011-08-31 22:59:00"  # UTC; in London it was summer
    assert sorted(row[:2] for row in dataset.targets(spark).collect()) == [("13047", "no"), ("17850", "yes")]
    spends = dataset.model_copy(update={"target": "spends"})
    spent = {row[0]: float(row[1]) for row in spends.targets(spark).collect()}
    assert spent == {"13047": 0, "17850": pytest.approx(np.log(1 + 3.39))}
    assert (spends.predicts([]), dataset.predicts([]).names) == (Number(), ("no", "yes"))
    gap = dataset.model_copy(update={"cut_gap": 1.0})
    assert [row[0] for row in gap.targets(spark).collect()] == ["13047"]


def test_real_sales_have_customers_of_both_kinds(spark, shared_data):
    dataset = DATASETS.get("onlineretail")(file=shared_data / "online_retail.csv.gz")
    assert dataset.events(spark).count() == 406_829
    counts = {r[0]: r[1] for r in dataset.targets(spark).groupBy(LABEL).count().collect()}
    assert counts == {"no": 1_396, "yes": 1_964}


def test_files_that_lack_are_named_with_how_to_get_them(tmp_path):
    with pytest.raises(DataError, match=r"lacks transactions\.csv, train\.csv: `coles data fetch datafusion2022`"):
        DATASETS.get("datafusion2022")(folder=tmp_path).files()
    assert dict((row[0], row[2]) for row in catalogue())["table"] == "needs a configuration of yours"


def test_a_table_of_real_sales(spark, shared_data):
    """UCI Online Retail: gzipped CSV, a missing client in every fourth row."""
    file = str(shared_data / "online_retail.csv.gz")
    dataset = DATASETS.get("table").model_validate(
        {
            "events": file, "client": "CustomerID", "time": "InvoiceDate", "categories": ["StockCode", "Country"],
            "amounts": ["UnitPrice"], "targets": file, "label": "Country",
        }
    )  # fmt: skip
    row = dataset.events(spark).agg(
        F.count("*"), F.count(CLIENT), F.count(TIME), F.count("UnitPrice"), F.min(TIME).cast("string")
    )
    assert tuple(row.first()) == (541_909, 406_829, 541_909, 541_909, "2010-12-01 08:26:00")


@pytest.mark.parametrize(
    ("form", "written"),
    [("seconds", "1709251200"), ("milliseconds", "1709251200000"), ("dd/MM/yyyy HH:mm", "01/03/2024 00:00")],
)
def test_times_of_a_table_in_other_forms(spark, tmp_path, form, written):
    events, people = purchases()
    config = write_world(tmp_path / "w", events.assign(when=written), people)
    dataset = config.dataset.model_copy(update={"time_format": form})
    assert {str(r[0]) for r in dataset.events(spark).select(TIME).distinct().collect()} == {"2024-03-01 00:00:00"}


def test_parquet_folders_and_lacking_files(spark, tmp_path):
    events, people = purchases()
    config = write_world(tmp_path / "w", events, people)
    folder = tmp_path / "parts"
    folder.mkdir()
    half = len(events) // 2
    events[:half].to_parquet(folder / "b.parquet")
    events[half:].to_parquet(folder / "a.parquet")
    parts = config.dataset.model_copy(update={"events_path": str(folder)})
    assert [f.name for f in parts.files()[:2]] == ["a.parquet", "b.parquet"]
    one, other = (d.events(spark).toPandas().sort_values([CLIENT, TIME, "paid"]) for d in (parts, config.dataset))
    pd.testing.assert_frame_equal(one.reset_index(drop=True), other.reset_index(drop=True))
    with pytest.raises(DataError, match=r"dataset\.events: no file at 'nowhere/\*\.csv'"):
        config.dataset.model_copy(update={"events_path": "nowhere/*.csv"}).files()


def test_files_are_seen_from_where_the_configuration_was_read(tmp_path, monkeypatch):
    (tmp_path / "world").mkdir()
    whole = write_world(tmp_path / "world", *purchases(clients=30))
    options = whole.dataset.model_dump(mode="json")
    written = {name: str(Path(options[name]).relative_to(tmp_path)) for name in ("events", "targets")}
    monkeypatch.chdir(tmp_path)
    read = parse_config(whole.model_dump(mode="json") | {"dataset": options | written}, "a test")
    assert read == whole  # so it is the same run, and the same folders of the store
    monkeypatch.chdir("/")
    assert read.dataset.files() == whole.dataset.files()
    assert places(read.dataset) == {f"dataset.{name}": options[name] for name in written}
    assert Table.model_validate(options | {"events": "~/events/*.csv"}).events_path == "~/events/*.csv"
    assert load_config("onlineretail", {"dataset.file": "bought.csv"}).dataset.file == Path("/bought.csv")
    assert places(load_config("onlineretail").dataset) == {}


def test_all_files_of_new_events_are_read(spark, tmp_path):
    folder = authors(tmp_path / "raw")
    dataset = DATASETS.get("rosbank")(folder=folder)
    rows = dataset.events(spark, [folder / "train.csv"]).count()
    assert rows
    assert dataset.events(spark, [folder / "train.csv"] * 3).count() == 3 * rows


@pytest.mark.parametrize(
    ("name", "times"),
    [
        ("rosbank", {"2017-04-20 00:00:00", "2017-10-12 12:24:07", "2017-10-21 09:30:00"}),
        ("gender", {"2000-01-01 10:23:26", "2000-01-02 10:19:29", "2000-01-07 07:09:00"}),  # 60 seconds are a minute
        ("age", {"2000-01-07 00:00:00", "2001-12-28 00:00:00"}),
    ],
)
def test_times_of_the_authors_data_are_read_in_each_way_they_are_written(spark, tmp_path, name, times):
    found = made(name, tmp_path).events(spark).select(F.col(TIME).cast("string")).distinct().collect()
    assert {row[0] for row in found} == times


def test_a_session_ends_with_a_pause_or_with_so_many_clicks_and_belongs_to_the_day_of_its_first(spark, tmp_path):
    found = made("alice", tmp_path).targets(spark).orderBy(CLIENT).collect()
    assert [tuple(row) for row in found] == [
        ("7-20140101T235000-0", "7", "2014-01-01"),
        ("7-20140102T005001-0", "7", "2014-01-02"),
        ("8-20140103T100000-0", "8", "2014-01-03"),
        ("8-20140103T100000-1", "8", "2014-01-03"),
    ]
