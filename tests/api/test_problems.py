from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dashboard.models import Cluster
from tests import builders
from tests.api.conftest import PROD, Ask


def test_an_unknown_parameter_is_named_with_those_there_are(prod: Cluster, asked: Ask) -> None:
    problem = asked(f"{PROD}agents/", status=400, sort="host")
    assert problem == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "There is no parameter sort.",
        "parameter": "sort",
        "allowed": ["limit", "after", "state", "q"],
    }


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("agents/", {"state": "on fire"}),
        ("agents/", {"q": "\0"}),
        ("agents/", {"q": "x" * 201}),
        ("components/", {"health": "Healthy"}),
        ("polls/", {"source": "summary", "outcome": "fine"}),
        ("polls/", {"source": ["summary", "masters"]}),
        ("polls/", {"after": "WyJ4Il0="}),
        ("polls/", {"after": "WyI5OTk5OTk5OTk5OTk5OTk5OTk5OTk5Il0="}),
        ("masters/", {"after": "not base64"}),
        ("masters/", {"after": "e30="}),
        ("masters/", {"limit": "0"}),
        ("masters/", {"limit": "1001"}),
        ("", {"format": "xml"}),
        ("snapshot/", {"limit": "1"}),
    ],
)
def test_a_value_that_cannot_be_understood_is_a_problem_with_its_parameter(
    prod: Cluster, asked: Ask, path: str, query: dict[str, Any]
) -> None:
    problem = asked(PROD + path, status=400, **query)
    assert problem["parameter"] == list(query)[-1]
    assert problem["parameter"] in problem["detail"]


def test_the_states_there_are_stand_in_the_problem(prod: Cluster, asked: Ask) -> None:
    assert "unreachable" in asked(f"{PROD}agents/", status=400, state="lost")["allowed"]


@pytest.mark.parametrize(
    "path", ["", "masters/", "agents/", "components/", "components/x/nodes/", "polls/", "snapshot/"]
)
def test_a_cluster_nobody_knows_is_a_problem(prod: Cluster, asked: Ask, path: str) -> None:
    problem = asked(f"/api/v1/clusters/staging/{path}", status=404)
    assert problem["detail"] == "There is no cluster named staging."


def test_a_component_nobody_knows_is_a_problem(prod: Cluster, asked: Ask) -> None:
    assert "There is no component" in asked(f"{PROD}components/nothing.service/nodes/", status=404)["detail"]


@pytest.mark.parametrize("path", ["components/dcos-net.service%00/nodes/", "components/x%00/nodes/", "nodes/x%00/"])
def test_an_address_with_a_nul_is_a_problem(prod: Cluster, asked: Ask, path: str) -> None:
    assert asked(f"{PROD}{path}", status=404)["detail"] == "There is nothing at this address: it holds a NUL."


@pytest.mark.parametrize("path", ["components/", "components/x/nodes/", "snapshot/"])
def test_plain_mesos_has_no_components_and_says_why(asked: Ask, path: str) -> None:
    builders.cluster("bare", kind="mesos")
    assert "part of DC/OS" in asked(f"/api/v1/clusters/bare/{path}", status=404)["detail"]


@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v2/clusters/", f"{PROD}secrets/"])
def test_an_address_nobody_knows_is_a_problem_not_a_page(asked: Ask, path: str) -> None:
    assert asked(path, status=404)["title"] == "Not Found"


def test_a_failure_of_our_own_shows_no_trace(prod: Cluster, key: str) -> None:
    Cluster.objects.update(kind="unknown")
    response = Client().get(PROD, headers={"Authorization": f"Token {key}"})
    assert response.status_code == 500
    assert response.json()["detail"] == "Day Two failed here; its log says why."
