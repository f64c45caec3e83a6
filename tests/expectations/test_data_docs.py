"""Data Docs of columns and values that are no friendly names."""

from html.parser import HTMLParser

import pytest
from great_expectations import ExpectationSuite
from great_expectations import expectations as gxe

from expectations.runner import Runner

pytestmark = pytest.mark.spark

FOREIGN = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>']


class Elements(HTMLParser):
    def __init__(self, page: str):
        super().__init__()
        self.scripts, self.handlers, self.texts, self.inside = [], set(), [], None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.inside = tag
        self.handlers |= {name for name, _ in attrs if name.startswith("on")}

    def handle_data(self, data):
        (self.scripts if self.inside == "script" else self.texts).append(data.strip())


def test_names_and_values_are_shown_and_not_run(spark, tmp_path):
    frame = spark.createDataFrame([tuple(FOREIGN)] * 2, FOREIGN)
    of_columns = [gxe.ExpectColumnValuesToBeInSet(column=name, value_set=["<script>alert(2)"]) for name in FOREIGN]
    of_table = gxe.ExpectTableColumnsToMatchSet(column_set=["<script>alert(3)"])
    runner = Runner(tmp_path)
    runner.check(frame, ExpectationSuite(name="events", expectations=[*of_columns, of_table]))
    runner.write_docs()
    strange = gxe.ExpectColumnValuesToNotBeNull(column="nope")
    (line,) = runner.check(frame, ExpectationSuite(name="strange", expectations=[strange]))
    assert 'The column "nope" in BatchData does not exist' in line["error"]
    assert "\n" not in line["error"]
    pages = [*tmp_path.glob("expectations/*.html"), *tmp_path.glob("validations/**/*.html")]
    assert len(pages) == 2
    for page in pages:
        read = Elements(page.read_text())
        assert not [script for script in read.scripts if "alert(" in script]
        assert "onerror" not in read.handlers
        assert all(name in read.texts for name in FOREIGN)
