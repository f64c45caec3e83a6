"""What the Prefect UI shows of an evaluation has the pictures of the report in itself."""

import base64
import html
import re

from evaluations import finished_evaluation
from tables import tiny_run

from tasks import shown

FOREIGN = '"><img src=x onerror=alert(1)> $5'


def test_the_leaderboard_is_shown_with_differences_and_curves(tmp_path):
    run = tiny_run(tmp_path / "world")
    _, evaluation = finished_evaluation(run.path, run.config, FOREIGN)
    said = shown.leaderboard(run, evaluation)
    found = re.findall(r"!\[([^]]+)\]\(data:image/svg\+xml;base64,([^)]+)\)", said)
    assert [title for title, _ in found] == ["differences to plain aggregates", "training loss", "probe by step"]
    differences, *curves = (base64.b64decode(picture).decode() for _, picture in found)
    for row in evaluation.verdict().families:
        assert row.name in html.unescape(differences)
    assert all(picture.startswith("<svg") and "optimiser step" in picture for picture in curves)
    assert "<img" not in said
