"""Names and values are foreign text: the page shows them and runs none of them."""

from html.parser import HTMLParser

import pandas as pd
import pytest
from tables import tiny_run

from coles_ops.artefacts import Artefact, publish_file, write_json
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.trial import EpochRecord
from coles_ops.artefacts.trials import Trials
from coles_ops.report import plots, write_report
from coles_ops.run import Run

FOREIGN = ["<script>alert(1)</script> [bold] a|b", '"><img src=x onerror=alert(1)> $5 to $9 {{ 7 * 7 }}']
DRAWN = {"path", "use", "rect", "g", "defs", "clippath", "svg", "text", "style", "metadata"}


class Page(HTMLParser):
    """What a browser would make of it: elements, attributes and the text between them."""

    def __init__(self, page: str):
        super().__init__()
        self.elements, self.attributes, self.texts = set(), set(), []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.texts.append(" ".join(data.split()))


def finished(run: Run, name: str, label: str) -> tuple[Events, Trials, Artefact]:
    """The files that a report is made of, with a trial of this name and a class of this label."""
    scores = dict.fromkeys(("valid_roc_auc", "test_roc_auc", "test_pr_auc", "test_f1", "test_accuracy"), 0.7)
    scores |= dict.fromkeys(("test_precision", "test_recall", "test_roc_auc_low", "test_roc_auc_high"), 0.7)
    rows = [
        {"entry": entry, "kind": kind, "name": shown, "encoder": shown, "sampler": shown, "embedding_size": 8.0,
         "status": "finished", "epochs": 1.0, "n_features": 8, "truncated_clients": 0, **scores}
        for entry, kind, shown in (("t", "trial", name), ("aggregates", "baseline", name))
    ]  # fmt: skip
    for entry in ("t", "aggregates", "random_encoder"):
        folder = run.path / "evaluation" / entry
        folder.mkdir(parents=True)
        predictions = {"client_id": list("abcd"), "part": "test", "label": [0, 1, 0, 1], "p_1": [0.1, 0.9, 0.4, 0.3]}
        pd.DataFrame(predictions).to_parquet(folder / "predictions.parquet")
    trials = Trials(path=run.path / "trials", fingerprint="t")
    epoch = EpochRecord(epoch=1, loss=0.5, probe_roc_auc=0.6, seconds=1.0, peak_mb=1.0)
    trials.folder("t").write_progress([epoch])
    board, store = run.path / "leaderboard.parquet", run.path / "store"
    with publish_file(board) as new:
        pd.DataFrame(rows).to_parquet(new)
    write_json(
        run.path / "verdict.json",
        {"sentence": f"CoLES ({name}) won.", "winner": "t", "winner_name": name, "low": 0.0, "high": 0.1,
         "difference": 0.05, "confidence": 0.95, "protocol": "study"},
    )  # fmt: skip
    write_json(
        store / "facts.json",
        {"events": 10, "clients": 4, "time_span": [0, 86_400], "clients_by_part": {label: 4},
         "events_by_part": {label: 10}, "codes": {name: 3}, "unknown": {name: 1}},
    )  # fmt: skip
    line = {"suite": "events", "expectation": "expect_x", "column": name, "success": False, "unexpected": 1,
            "allowed": {"value_set": [label]}}  # fmt: skip
    write_json(
        run.path / "validation" / "summary.json",
        {"rows": 10, "quarantined": 1, "labels": {label: 4}, "expectations": [line]},
    )
    return Events(path=store, fingerprint="s"), trials, Artefact(path=board, fingerprint="b")


@pytest.mark.parametrize("foreign", FOREIGN)
def test_foreign_text_is_shown_and_not_run(tmp_path, foreign):
    run = tiny_run(tmp_path / "world", dataset={"classes": ["0", foreign]})
    page = write_report(run, *finished(run, foreign, foreign)).path.read_text()
    read = Page(page)
    assert not read.elements & {"script", "img", "iframe", "object", "form"}
    assert not {name for name in read.attributes if name.startswith("on")}
    assert sum(foreign in text for text in read.texts) >= 12
    assert "default-src 'none'" in page


@pytest.mark.parametrize("foreign", FOREIGN)
def test_pictures_hold_the_names_as_they_are(foreign):
    row = {"entry": "t", "kind": "trial", "name": foreign, "test_roc_auc": 0.7}
    board = pd.DataFrame([row | {"test_roc_auc_low": 0.6, "test_roc_auc_high": 0.8}])
    read = Page(plots.whiskers(board, "t"))
    assert foreign in read.texts
    assert read.elements <= DRAWN | {"dc:type", "cc:work", "rdf:rdf", "dc:format", "dc:creator", "cc:agent", "dc:title"}


def test_a_report_of_another_version_of_the_page_is_made_anew(tmp_path, monkeypatch):
    run = tiny_run(tmp_path / "world")
    artefacts = finished(run, "gru", "1")
    assert not write_report(run, *artefacts).cached
    assert write_report(run, *artefacts).cached
    monkeypatch.setattr("coles_ops.report.render.code_version", lambda *_: "later")
    assert not write_report(run, *artefacts).cached
