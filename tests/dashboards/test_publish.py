"""A workspace is put into W&B once, and updated after that; a W&B that refuses is one message."""

import json

import pytest
import wandb
from tracking.graphql import serving

from coles_ops.dashboards.library import DashboardError
from coles_ops.dashboards.publish import publish_workspace
from coles_ops.dashboards.views import VIEWS


@pytest.fixture
def server(monkeypatch):
    wandb.teardown()  # it remembers the server of a test before
    with serving(monkeypatch) as found:
        yield found
    wandb.teardown()


def test_a_workspace_is_created_and_then_updated(server):
    first = publish_workspace("retail", None)
    assert first.endswith("/team/retail?nw=colesviews")
    assert server.projects == {"retail"}
    (view,) = server.views.values()
    sections = json.loads(view["spec"])["section"]["panelBankConfig"]["sections"]
    assert [section["name"] for section in sections] == list(VIEWS)
    assert not view["asked"]
    assert publish_workspace("retail", "team") == first
    (view,) = server.views.values()
    assert view["asked"] == view["id"]


def test_a_refusal_is_one_message(server):
    server.error = "permission denied"
    with pytest.raises(DashboardError, match=r"W&B takes no dashboard: .*permission denied$"):
        publish_workspace("retail", None)


def test_a_workspace_that_cannot_be_read_is_not_made_anew(server):
    publish_workspace("retail", None)
    (view,) = server.views.values()
    view["spec"] = "{}"
    with pytest.raises(DashboardError, match="the workspace that is there cannot be updated"):
        publish_workspace("retail", None)


def test_who_has_no_login_is_told_what_there_is_without(server, monkeypatch, tmp_path):
    monkeypatch.delenv("WANDB_API_KEY")
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    with pytest.raises(DashboardError, match=r"there is no login for http://127.*`coles dashboard` writes the same"):
        publish_workspace("retail", None)
    assert not server.views
