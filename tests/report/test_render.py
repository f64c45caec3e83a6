"""Names and values are foreign text: the page shows them and runs none of them."""

import base64
import hashlib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest
from evaluations import finished_evaluation, verdict
from stores import write_events, write_store
from tables import tiny_run
from typer.testing import CliRunner

from coles_ops.artefacts import Artefact, home, write_json
from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.artefacts.shuffling import Drop, Shuffling, Shufflings
from coles_ops.artefacts.trial import ProbeRecord, RunningRecord, Status
from coles_ops.artefacts.trials import SearchRecord
from coles_ops.artefacts.validation import Validation
from coles_ops.artefacts.verdict import Compared, Difference
from coles_ops.config import Reporting
from coles_ops.objectives import OBJECTIVES
from coles_ops.report import plots, render, write_report
from coles_ops.report.columns import losses
from coles_ops.report.cost import costs, draw_cost
from coles_ops.report.curves import curves_of, draw_curves
from coles_ops.report.forest import forest
from coles_ops.report.maps import _fifths
from coles_ops.run import Run
from coles_ops.statistics import ROC_AUC
from coles_ops.targets import Classes, Number
from coles_ops.tracking.records import row_records

SCRIPT = Path(render.__file__).with_name("page") / "sort.js"
FOREIGN = ["<script>alert(1)</script> [bold] a|b", '"><img src=x onerror=alert(1)> $5 to $9 {{ 7 * 7 }}']
CURVE = ["representation", "labels", "score", "low", "high"]
DRAWN = {"path", "use", "rect", "g", "defs", "clippath", "svg", "text", "style", "metadata"}


class Page(HTMLParser):
    """What a browser would make of it: elements, attributes and the text between them."""

    def __init__(self, page: str):
        super().__init__()
        self.elements, self.attributes, self.texts, self.scripts = set(), set(), [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        if self.cdata_elem == "script":
            self.scripts.append(data)
        self.texts.append(" ".join(data.split()))


def finished(run: Run, name: str, label: str) -> tuple[Artefact, ...]:
    """What a report is made of, with a trial of this name and a class of this label."""
    folder = home().store / "0123"
    run.uses(folder)
    store = write_store(folder / "arrays", np.arange(20, 40))
    trials, evaluation = finished_evaluation(run.path, run.config, name, store.ids[:4], store)
    events = write_events(
        folder, store, [label, *"bcdefghij"], events=10, clients=4, clients_by_part={label: 4},
        events_by_part={label: 10},
        codes={"mcc": 12, quote(name): 3}, unknown={quote(name): 1}, identity={quote(name): 0.7, "mcc": 0.2},
        tells=[{"feature": name, "value": name, "label": label, "measure": "ROC-AUC", "score": 0.7}],
    )  # fmt: skip
    line = {"suite": "events", "expectation": "expect_x", "column": name, "success": False, "unexpected": 1,
            "allowed": {"value_set": [label]}}  # fmt: skip
    validation = Validation(path=run.path / "validation", fingerprint="v")
    cut = {"events": 7, "clients": 3, "emptied": 1}
    summary = {
        "rows": 10,
        "quarantined": 1,
        "cut": cut,
        "reasons": {f"no {label}": 1},
        "remarks": {},
        "labels": {label: 3, "other": 1},
        "expectations": [line],
    }
    write_json(validation.path / "summary.json", summary)
    return validation, events, trials, evaluation


@pytest.mark.parametrize("foreign", FOREIGN)
def test_foreign_text_is_shown_and_not_run(tmp_path, foreign):
    run = tiny_run(tmp_path / "world", dataset={"classes": ["0", foreign]})
    page = write_report(run, *finished(run, foreign, foreign)).path.read_text()
    read = Page(page)
    assert not read.elements & {"img", "iframe", "object", "form"}
    assert read.scripts == [SCRIPT.read_text()]
    digest = base64.b64encode(hashlib.sha256(SCRIPT.read_bytes()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page  # the browser runs no other
    assert not {name for name in read.attributes if name.startswith("on")}
    assert sum(foreign in text for text in read.texts) >= 12
    assert read.texts.count(foreign) > 20  # among them events of clients
    assert "default-src 'none'" in page
    assert any("7 events at or after the cut of 3 clients were left out" in text for text in read.texts)


@pytest.mark.parametrize("foreign", FOREIGN)
def test_pictures_hold_the_names_as_they_are(foreign):
    curve = pd.DataFrame([("coles", n, 0.6, 0.5, 0.7) for n in (25, 1600)], columns=CURVE)
    read = Page(plots.learning(curve, {"coles": foreign}, ROC_AUC))
    assert foreign in read.texts
    assert read.elements <= DRAWN | {"dc:type", "cc:work", "rdf:rdf", "dc:format", "dc:creator", "cc:agent", "dc:title"}


def test_columns_that_give_clients_away_are_shown_and_who_reads_them(tmp_path):
    run = tiny_run(tmp_path / "world", training={"encoder": {"name": "gru", "size": 8, "leave_out": ["mcc"]}})
    texts = Page(write_report(run, *finished(run, "kind of shop", "1")).path.read_text()).texts
    assert "70 % of 3 codes" in texts
    assert "20 % of 12 codes, left out" in texts
    assert any(text.startswith("Left out: mcc: ") for text in texts)


def test_what_shuffled_columns_lose_is_shown_by_representation(tmp_path):
    run = tiny_run(tmp_path / "world")
    artefacts, foreign = finished(run, "gru", "1"), FOREIGN[0]
    lost = {"mcc": (0.05, (0.01, 0.09), True), "": (0.08, (0.02, 0.14), True), "hour": (0.0, (0.0, 0.0), False)}
    drops = [Drop(column=name, lost=drop, interval=ends, read=read) for name, (drop, ends, read) in lost.items()]
    told = Shuffling(representation="t", name=foreign, probe="catboost", scored=4, clients=3, score=0.7321, drops=drops)
    silent = told.model_copy(update={"name": "nothing is known of it", "drops": []})
    artefacts[-1].write_shuffled(Shufflings(of=[told, silent]), "made")
    texts = Page(write_report(run, *artefacts).path.read_text()).texts
    assert f"{foreign}, 0.732" in texts
    assert "Not read: hour." in texts
    order, mcc = (texts.index(said) for said in ("+0.080 [+0.020, +0.140]", "+0.050 [+0.010, +0.090]"))
    assert texts.index("order of the events") < order < mcc
    assert not any("nothing is known of it" in text for text in texts)
    drawn = losses([told])
    assert all(drawn.zero < line.left < line.dot < line.left + line.width < 100 for line in drawn.groups[0][1])
    assert losses([silent]) is None


def test_the_page_says_what_made_it_and_where_rows_lie_that_were_left_out(tmp_path):
    run = tiny_run(tmp_path / "world")
    artefacts = finished(run, "gru", "1")
    run.record_stage("search", seconds=1.5, peak_mb=2_000, artefact="0f1e2d")
    artefacts[0].quarantine.mkdir()
    page = Page(write_report(run, *artefacts).path.read_text())
    events = run.manifest["inputs"][0]
    wanted = {events["path"], events["sha256"], f"{events['bytes']:,}", "0f1e2d", "2,000", "evaluation.protocol.seed"}
    assert wanted <= set(page.texts)
    assert {str(artefacts[0].quarantine), "no 1"} <= set(page.texts)
    commit = run.manifest["code"]["commit"]
    assert not commit or commit.removesuffix("+") in page.texts


def test_what_rows_cost_is_their_own_and_of_encoders_the_search_too(tmp_path):
    run = tiny_run(tmp_path / "world")
    _, _, trials, evaluation = finished(run, "gru", "1")
    found = costs(row_records(run, trials, evaluation))
    by_row = found.set_index("what")
    assert by_row.cost_seconds["aggregates"] == 2.0
    assert by_row.cost_seconds["coles"] == 3.0  # and a second of training
    assert by_row.train_seconds["random_encoder"] == 0
    assert by_row.peak_mb["coles"] == 1.0
    assert np.isnan(by_row.peak_mb["aggregates"])
    assert found.cost_seconds.is_monotonic_increasing
    drawn = Page(draw_cost(pd.concat([found.assign(family=f"family {n}") for n in range(9)]), "ROC-AUC"))
    assert {f"family {n}" for n in range(9)} <= set(drawn.texts)  # also those that no colour is left for
    alone = found[found.what == "random_encoder"].assign(family="twins")
    assert "twins" not in Page(draw_cost(pd.concat([found, alone]), "ROC-AUC")).texts


def test_whole_numbers_are_parted_where_there_are_any():
    for labels in ([1] * 4 + [2] * 4 + [3] * 5 + [4] * 2 + [5] * 5, [2] * 9, [0, 1]):
        parts = list(_fifths(np.array(labels, dtype=float), Number()))
        assert sum(chosen.sum() for chosen, *_ in parts) == len(labels)
        assert all(chosen.any() for chosen, *_ in parts)


def test_sizes_are_drawn_where_there_are_several():
    tried = pd.DataFrame({"encoder": "gru", "embedding_size": [32, 64], "probe_score": [0.6, 0.7]})
    for target, labels in ((Classes(names=("no", "yes")), np.arange(200) % 2), (Number(), np.arange(200.0))):
        drawn = Page(plots.by_size(tried, target, labels, 0.95))
        assert {"gru", "32", "64", "embedding size", f"tuning {target.metric.title}"} <= set(drawn.texts)
        assert plots.by_size(tried[:1], target, labels, 0.95) == ""


def test_the_forest_has_every_row_once_where_its_difference_is():
    def row(name: str, family: str, added: bool, difference: float) -> dict:
        interval = (difference - 0.02, difference + 0.02)
        return {
            "representation": name, "family": family, "added": added, "name": name, "score": 0.7,
            "difference": difference, "interval": interval,
        }  # fmt: skip

    told = verdict("better").model_copy(
        update={
            "compared": [
                Compared(**row("best", "all", False, 0.05), candidate="b"),
                Compared(**row("coles", "coles", False, -0.08), candidate="c"),
            ],
            "families": [
                Difference(**row("coles", "coles", False, -0.08)),
                Difference(**row("aggregates+coles", "coles", True, 0.0)),
                Difference(**row("counts", "counts", False, 0.05)),
            ],
        }
    )
    drawn = forest(told)
    assert [(name, [line.row.representation for line in group]) for name, group in drawn.groups] == [
        ("all families", ["best"]), ("counts", ["counts"]), ("CoLES", ["coles", "aggregates+coles"]),
    ]  # fmt: skip
    every = [line for _, group in drawn.groups for line in group]
    assert all(0 < line.left < line.dot < line.left + line.width < 100 for line in every)
    (none,) = (line for line in every if line.row.difference == 0)
    assert none.dot == drawn.zero == pytest.approx(drawn.delta[0] + drawn.delta[1] / 2, abs=0.01)
    assert {words: place for place, words in drawn.ticks}["0"] == drawn.zero


def test_a_learning_curve_is_drawn_where_there_is_one():
    curve = pd.DataFrame([("coles", n, 0.6, 0.5, 0.7) for n in (25, 1600)], columns=CURVE)
    read = Page(plots.learning(curve, {"coles": "CoLES (gru)"}, ROC_AUC))
    assert {"CoLES (gru)", "25", "1,600", "labels that teach the probe"} <= set(read.texts)
    assert plots.learning(curve[:0], {}, ROC_AUC) == ""


def test_a_report_of_another_version_of_the_page_is_made_anew(tmp_path, monkeypatch):
    run = tiny_run(tmp_path / "world")
    artefacts = finished(run, "gru", "1")
    assert not write_report(run, *artefacts).cached
    assert write_report(run, *artefacts).cached
    assert not write_report(run, *artefacts, again=True).cached
    monkeypatch.setattr("coles_ops.report.render.code_version", lambda *_: "later")
    assert not write_report(run, *artefacts).cached


def test_a_finished_run_has_its_report_written_again(tmp_path):
    from deployments.cli import app

    run = tiny_run(tmp_path / "world")
    none = CliRunner().invoke(app, ["report", "tiny", "--again"])
    assert (none.exit_code, "has no verdict yet" in none.output) == (2, True)
    page = write_report(run, *finished(run, "gru", "1")).path
    page.write_text("of an older version")
    assert str(page) in CliRunner().invoke(app, ["report", "tiny"]).output.replace("\n", "")
    assert page.read_text() == "of an older version"
    done = CliRunner().invoke(app, ["report", "tiny", "--again"])
    assert done.exit_code == 0, done.output
    told = Evaluation.of(run.path).verdict()
    shown = " ".join(CliRunner().invoke(app, ["show", "tiny"]).output.split())
    for said in (*told.sentences, *told.remarks):  # the same words everywhere
        assert said in Page(page.read_text()).texts
        assert said in shown


def test_losses_of_unlike_objectives_have_a_picture_each(tmp_path):
    run = tiny_run(tmp_path)
    trials, _ = finished_evaluation(run.path, run.config)
    assert len(draw_curves(curves_of(trials), ROC_AUC.title)) == 2
    other = run.config.training.model_copy(update={"objective": OBJECTIVES.get("next_event")()})
    trial = trials.folder("u")
    trial.write_running(RunningRecord(training=other, parameters=1))
    trial.write_progress([ProbeRecord(step=1, loss=19.0, probe_score=0.6, seconds=1.0, peak_mb=1.0)])
    trial.close(other, Status.FINISHED)
    write_json(trials.path / ".search.json", SearchRecord(rounds=[], finalists={}, trials=["t", "u"]))
    drawn = draw_curves(curves_of(trials), ROC_AUC.title)
    assert [f"training loss, {name}" in drawn[place] for place, name in enumerate(("contrastive", "next_event"))] == [
        True
    ] * 2
    assert len(drawn) == 3


def test_histories_are_left_out_where_they_are_not_to_be_seen(tmp_path):
    run = tiny_run(tmp_path)
    facts = finished(run, "gru", "1")
    shown = Page(write_report(run, *facts).path.read_text())
    vars(run)["config"] = run.config.model_copy(update={"report": Reporting(histories=False)})
    hidden = Page(write_report(run, *facts).path.read_text())  # anew, without being asked
    clients = set(map(str, facts[1].store.ids))
    assert clients & {word for text in shown.texts for word in text.split()}
    assert not clients & {word for text in hidden.texts for word in text.split()}
    assert "Nearest clients" in shown.texts
    assert "Nearest clients" not in hidden.texts
