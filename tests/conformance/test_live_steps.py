"""Every recorded step of a real cluster, polled once: rows and API equal what was true, number by number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard.models import Cluster, Framework, Master, Node, NodeHealth, Poll, UnitState
from dashboard.models.components import Health
from dashboard.roles import Role, grant
from tests.conformance import replaying
from tests.conformance.replaying import EXPECTED

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not EXPECTED, reason="the recordings beside the repository are not here"),
]
MIB = 1024**2
TASK_STATES = [
    "STAGING",
    "STARTING",
    "RUNNING",
    "KILLING",
    "UNREACHABLE",
    "FINISHED",
    "FAILED",
    "KILLED",
    "LOST",
    "ERROR",
]


@pytest.fixture(params=sorted(EXPECTED))
def step(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def polled(step: str) -> Iterator[dict[str, Poll]]:
    with replaying.playing(step):
        yield replaying.poll(replaying.connect(step))


def amounts(row: Any, basis: str) -> dict[str, float]:
    """A row's amounts in Mesos' own units, to compare with the recording."""
    mem, disk = getattr(row, f"mem_{basis}_bytes"), getattr(row, f"disk_{basis}_bytes")
    return {
        "cpus": getattr(row, f"cpus_{basis}"),
        "mem": mem / MIB,
        "disk": disk / MIB,
        "gpus": getattr(row, f"gpus_{basis}"),
    }


def test_rows_equal_what_was_true(step: str, polled: dict[str, Poll]) -> None:
    expected = EXPECTED[step]
    check_masters(expected)
    if "active_agents" in expected and "answer" not in expected["masters"].get(expected["leader"], {}):
        assert polled["summary"].outcome == "ok"
        check_totals(expected)
        check_agents(expected["agents"])
        check_frameworks(expected["frameworks"])
    else:
        assert polled["summary"].outcome not in ("ok", "partial")
        assert Cluster.objects.get().cpus_total is None and not Node.objects.exists()
    if "health" in expected:
        check_health(expected["health"])


def test_the_api_says_the_same(step: str, polled: dict[str, Poll], client: Client) -> None:
    """The same numbers as an integration reads them; null where the step had no answer."""
    expected, ask = EXPECTED[step], reader(client)
    elected = [host for host, said in expected["masters"].items() if said.get("elected") == 1]
    whole, masters = ask(""), {row["host"]: row for row in ask("masters/")["results"]}
    assert whole["leader"]["host"] == (elected[0] if elected else None)
    # Where no master answers the sum is not known, which is not 0.
    assert whole["leader"]["elected_sum"] == (len(elected) if polled["masters"].kept else None)
    for host, said in expected["masters"].items():
        assert masters[host]["agents_unreachable"] == said.get("slaves_unreachable")
    if polled["summary"].outcome != "ok":
        assert whole["allocation"]["cpus_total"] is None and ask("agents/")["results"] == []
        return
    active = expected["active_agents"]
    assert amounts(SimpleNamespace(**whole["allocation"]), "total") == pytest.approx(active["total"])
    assert amounts(SimpleNamespace(**whole["allocation"]), "allocated") == pytest.approx(active["allocated"])
    agents = {row["host"]: row for row in ask("agents/")["results"]}
    for host, said in expected["agents"].items():
        assert amounts(SimpleNamespace(**agents[host]), "allocated") == pytest.approx(said["allocated"])
        assert (agents[host]["state"] == "active") == said["active"]


def test_the_api_says_each_unit_on_each_node(step: str, polled: dict[str, Poll], client: Client) -> None:
    if "health" not in EXPECTED[step]:
        assert "component_health" not in polled
        return
    said, ask = EXPECTED[step]["health"], reader(client)
    overview = ask("components/?limit=1000")
    assert len(overview["results"]) == overview["counts"]["all"] == said["units"]
    assert sum(count for name, count in overview["counts"].items() if name != "all") == said["units"]
    words = {Health.HEALTHY: "healthy", Health.UNHEALTHY: "unhealthy"}
    for row in overview["results"]:
        nodes = {one["host"]: one["health"] for one in ask(f"components/{row['unit']}/nodes/")["results"]}
        on_node = {host: units[row["unit"]] for host, units in said["unit_on_node"].items() if row["unit"] in units}
        assert nodes == {host: words[Health(code)] for host, code in on_node.items()}
    dark = {host for host, units in said["unit_on_node"].items() if not units}
    assert {node["host"] for node in overview["dark_nodes"]} == dark


def reader(client: Client) -> Callable[[str], dict[str, Any]]:
    user = User.objects.create_user("reader")
    grant(user, Role.VIEWER)
    client.force_login(user)

    def ask(path: str) -> dict[str, Any]:
        answer = client.get(f"/api/v1/clusters/live/{path}")
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    return ask


def check_masters(expected: dict[str, Any]) -> None:
    rows = {row.host: row for row in Master.objects.all()}
    for host, said in expected["masters"].items():
        row = rows[host]
        if "answer" in said:
            assert (row.taken_at, row.elected) == (None, None)
            continue
        assert row.elected == bool(said["elected"])
        assert (row.agents_active, row.agents_inactive) == (said["slaves_active"], said["slaves_inactive"])
        assert row.agents_unreachable == said["slaves_unreachable"]
        assert (row.tasks_failed, row.tasks_lost) == (said["tasks_failed"], said["tasks_lost"])
        assert row.taken_at is not None and row.started_at is not None
        assert (row.taken_at - row.started_at).total_seconds() == pytest.approx(said["uptime_secs"])
    elected = [host for host, said in expected["masters"].items() if said.get("elected") == 1]
    assert Cluster.objects.get().leader_host == (elected[0] if elected else "")


def check_totals(expected: dict[str, Any]) -> None:
    cluster, active = Cluster.objects.get(), expected["active_agents"]
    assert amounts(cluster, "total") == pytest.approx(active["total"])
    assert amounts(cluster, "allocated") == pytest.approx(active["allocated"])
    assert (cluster.agents_active, cluster.agents_inactive) == (active["count"], expected["inactive_agents"])
    for state in TASK_STATES:
        counted = sum(said[f"TASK_{state}"] for said in expected["frameworks"].values())
        assert getattr(cluster, f"tasks_{state.lower()}") == counted


def check_agents(expected: dict[str, Any]) -> None:
    rows = {row.host: row for row in Node.objects.prefetch_related("attributes")}
    assert rows.keys() == expected.keys()
    for host, said in expected.items():
        row = rows[host]
        assert (row.agent_id, row.public, row.tasks_running) == (said["id"], said["public"], said["running_tasks"])
        assert (row.state == Node.State.ACTIVE) == said["active"]
        assert amounts(row, "total") == pytest.approx(said["total"])
        assert amounts(row, "allocated") == pytest.approx(said["allocated"])
        spelled = {name: str(value) for name, value in said["attributes"].items()}
        assert {item.name: item.value for item in row.attributes.all()} == spelled


def check_frameworks(expected: dict[str, Any]) -> None:
    rows = {row.name: row for row in Framework.objects.all()}
    assert rows.keys() == expected.keys()
    for name, said in expected.items():
        assert amounts(rows[name], "allocated") == pytest.approx(said["allocated"])
        counted = {state: getattr(rows[name], f"tasks_{state.lower()}") for state in TASK_STATES}
        assert counted == {state: said[f"TASK_{state}"] for state in TASK_STATES}
        assert (rows[name].state == Framework.State.ACTIVE) == (said["active"] and said["connected"])


def check_health(expected: dict[str, Any]) -> None:
    nodes = {row.host: row for row in NodeHealth.objects.all()}
    assert nodes.keys() == expected["node_health"].keys()
    for host, code in expected["node_health"].items():
        units = expected["unit_on_node"][host]
        # A node without units is dark, whatever health it claims: never healthy.
        assert nodes[host].health == (code if units else Health.NO_DATA)
        rows = UnitState.objects.filter(node=nodes[host]).select_related("component")
        assert {row.component.unit: row.health for row in rows} == units
    sick = UnitState.objects.filter(health=Health.UNHEALTHY).values_list("component__unit", flat=True)
    assert sorted(set(sick)) == sorted(expected["units_unhealthy_somewhere"])
