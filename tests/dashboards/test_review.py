"""The report for reviewers is built without a login, and says what the run says."""

import pytest
from evaluations import finished_evaluation
from specs import spec_of
from tables import tiny_run

from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.dashboards.review import CHECKLIST, build_review
from coles_ops.schema import UserError


def texts(found) -> list[str]:
    """All texts, wherever they stand."""
    if isinstance(found, dict):
        return [text for value in found.values() for text in texts(value)]
    if isinstance(found, list):
        return [text for value in found for text in texts(value)]
    return [str(found)]


def test_a_review_has_the_verdict_the_rows_and_a_list_to_tick_off(tmp_path):
    run = tiny_run(tmp_path / "world")
    with pytest.raises(UserError, match="has no verdict yet"):
        build_review(run, "team", "retail")
    finished_evaluation(run.path, run.config)
    spec = spec_of(build_review(run, "team", "retail"))
    said, verdict = texts(spec), Evaluation.of(run.path).verdict()
    assert {*verdict.sentences, *verdict.remarks, *CHECKLIST, run.id} <= set(said)
    panels = [
        panel["config"]["metrics"]
        for block in spec["blocks"]
        if block["type"] == "panel-grid"
        for panel in block["metadata"]["panelBankSectionConfig"]["panels"]
    ]
    assert panels == [
        ["difference_low", "difference", "difference_high"], ["score_low", "score", "score_high"], ["loss"],
        ["probe_score"],
    ]  # fmt: skip
    tables = [text for text in said if text.startswith("| ")]
    assert len(tables) == 2
    assert all(line.name in tables[0] for line in verdict.compared)
    assert "predicted" in tables[1]
