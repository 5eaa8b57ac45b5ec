from __future__ import annotations

from datetime import datetime, timedelta

from django.test import Client

from dashboard.models import Cluster
from tests import builders
from tests.api.conftest import PROD, Ask, fill


def test_the_snapshot_is_a_file_in_the_schema_of_dcos(prod: Cluster, key: str) -> None:
    response = Client().get(f"{PROD}snapshot/", headers={"Authorization": f"Token {key}"})
    assert response.headers["Content-Disposition"] == 'attachment; filename="health-report.json"'
    taken = response.json()
    assert taken["Units"]["dcos-log.service"]["Health"] == 1
    node = taken["Nodes"]["10.0.0.9"]
    assert {unit["UnitName"]: unit["Health"] for unit in node["Units"]} == {
        "dcos-net.service": 0,
        "dcos-log.service": 1,
    }
    assert taken["DayTwo"]["no_data"] == {"10.0.0.11": "diagnostics on this node did not answer"}


def test_a_snapshot_while_the_cluster_is_away_tells_how_old_it_is(asked: Ask, now: datetime) -> None:
    fill(builders.cluster(), now - timedelta(hours=3))
    origin = asked(f"{PROD}snapshot/")["DayTwo"]
    assert origin["cluster"] == "prod"
    ages = {source["source"]: source["age_seconds"] for source in origin["sources"]}
    assert ages["component_health"] >= 3 * 3600 and ages["containers"] is None
