from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from collectors.client import MIB
from collectors.decoding import from_rfc3339
from collectors.errors import Outcome, PollError
from collectors.records import Harvest, HealthReport, NodeHealth, Turn
from collectors.sources import component_health, component_health_in_turn
from collectors.sources.component_health import SOURCE
from collectors.target import Kind, Target
from tests.faults import server as fault
from tests.faults.server import FaultServer

BASE = "/system/health/v1"
TURN = Turn(tick=0, period_seconds=60)
UNIT = {"UnitName": "dcos-net.service", "Health": 0, "Title": "the network", "PrettyName": "DC/OS Net"}
DARK = {"Leader": False, "Role": "agent", "IP": "10.0.0.3", "Host": "", "Health": 3, "Output": None, "MesosID": ""}


def node(host: str, health: int = 0, **changes: Any) -> dict[str, Any]:
    """A node of the report; like the real server, it repeats itself under a unit with the node's health."""
    unit = {**UNIT, "Health": health, "Nodes": [{"IP": host, "Health": 3, "Role": "agent"}]}
    return {
        "Role": "agent",
        "IP": host,
        "Host": f"n-{host}",
        "Health": health,
        "Output": {"dcos-net.service": "it broke" if health else ""},
        "Units": [unit],
        "MesosID": "S1",
        **changes,
    }


def report(*nodes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Units": {"dcos-net.service": {**UNIT, "Health": 3}}, "Nodes": {n["IP"]: n for n in nodes}, **more}


@pytest.fixture
def router() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


def poll(router: FaultServer, turn: Turn = TURN) -> tuple[Harvest, dict[str, NodeHealth]]:
    harvest = SOURCE.poll(Target(Kind.DCOS, router.url), turn)
    (found,) = harvest.records
    assert isinstance(found, HealthReport)
    return harvest, {node.host: node for node in found.nodes}


def taken_at(router: FaultServer) -> datetime:
    found = SOURCE.poll(Target(Kind.DCOS, router.url), TURN).records[0]
    assert isinstance(found, HealthReport)
    return found.taken_at


def ctime(at: datetime) -> str:
    return at.strftime("%a %b %d %H:%M:%S %Y")


def http_date(at: datetime) -> str:
    return at.strftime("%a, %d %b %Y %H:%M:%S GMT")


def test_a_units_health_is_its_own_on_each_node(router: FaultServer) -> None:
    router.scripts[f"{BASE}/report"] = fault.document(report(node("10.0.0.1"), node("10.0.0.2", 1)))
    _, nodes = poll(router)
    units = {host: found.units[0] for host, found in nodes.items() if found.units}
    assert {host: unit.health for host, unit in units.items()} == {"10.0.0.1": 0, "10.0.0.2": 1}
    assert (units["10.0.0.2"].output, units["10.0.0.2"].name, units["10.0.0.2"].description) == (
        "it broke",
        "DC/OS Net",
        "the network",
    )
    assert (nodes["10.0.0.1"].hostname, nodes["10.0.0.1"].role, nodes["10.0.0.1"].mesos_id) == (
        "n-10.0.0.1",
        "agent",
        "S1",
    )


@pytest.mark.parametrize("dark", [DARK, {**DARK, "Units": None}, node("10.0.0.3", Units=None)])
def test_a_node_without_units_is_unknown_and_not_healthy(router: FaultServer, dark: dict[str, Any]) -> None:
    router.scripts[f"{BASE}/report"] = fault.document(report(node("10.0.0.1"), dark))
    _, nodes = poll(router)
    assert nodes["10.0.0.3"].units is None
    assert nodes["10.0.0.3"].asked


@pytest.mark.parametrize("nodes", [None, {}])
def test_before_the_first_pull_there_is_no_report(router: FaultServer, nodes: object) -> None:
    never = "0001-01-01T00:00:00Z"
    router.scripts[f"{BASE}/report"] = fault.document({"Units": {}, "Nodes": nodes, "UpdatedTime": never})
    with pytest.raises(PollError) as caught:
        poll(router)
    assert caught.value.outcome is Outcome.EMPTY


def test_a_report_is_as_old_as_its_pull(router: FaultServer) -> None:
    pulled = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=45)
    router.scripts[f"{BASE}/report"] = fault.document(report(node("10.0.0.1")), Last_Modified_3DT=ctime(pulled))
    assert taken_at(router) == pulled


def test_a_report_without_a_time_is_as_old_as_its_answer(router: FaultServer) -> None:
    router.scripts[f"{BASE}/report"] = fault.document(report(node("10.0.0.1")), Last_Modified_3DT="yesterday")
    assert datetime.now(UTC) - taken_at(router) < timedelta(seconds=5)


def test_local_time_in_the_header_is_set_right_by_the_bodys_zone(router: FaultServer) -> None:
    pulled = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=45)
    body = report(node("10.0.0.1"), UpdatedTime=pulled.isoformat())
    router.scripts[f"{BASE}/report"] = fault.document(body, Last_Modified_3DT=ctime(pulled + timedelta(hours=2)))
    assert taken_at(router) == pulled


def test_a_clock_far_ahead_is_noted_and_not_used(router: FaultServer) -> None:
    ahead = datetime.now(UTC) + timedelta(minutes=47, seconds=30)
    router.scripts[f"{BASE}/report"] = fault.document(report(node("10.0.0.1")), Last_Modified_3DT=ctime(ahead))
    harvest, _ = poll(router)
    assert "47 minutes ahead" in harvest.notes[0]
    assert harvest.outcome is Outcome.PARTIAL
    assert taken_at(router) <= datetime.now(UTC)


@pytest.mark.parametrize("off", [timedelta(minutes=15), timedelta(minutes=-15), timedelta(minutes=-40)])
def test_ages_are_counted_by_the_masters_own_clock(router: FaultServer, off: timedelta) -> None:
    there = datetime.now(UTC).replace(microsecond=0) + off
    stamps = {"Last_Modified_3DT": ctime(there - timedelta(seconds=45)), "Date": http_date(there)}
    router.scripts[f"{BASE}/report"] = fault.document(report(node("10.0.0.1")), **stamps)
    harvest, _ = poll(router)
    age = datetime.now(UTC) - taken_at(router)
    assert timedelta(seconds=40) < age < timedelta(seconds=50)
    assert harvest.outcome is Outcome.OK and "clock is" in harvest.notes[0]


def test_no_report_is_younger_than_its_answer(router: FaultServer) -> None:
    ahead = datetime.now(UTC) + timedelta(minutes=9)
    router.scripts[f"{BASE}/report"] = fault.document(report(node("10.0.0.1")), Last_Modified_3DT=ctime(ahead))
    assert taken_at(router) <= datetime.now(UTC)


def test_gos_nanoseconds_and_its_zero_time_are_understood() -> None:
    assert from_rfc3339("2026-11-22T09:44:47.113955508Z") == datetime(2026, 11, 22, 9, 44, 47, 113956, tzinfo=UTC)
    assert from_rfc3339("2026-11-22T11:44:47+02:00") == datetime(2026, 11, 22, 9, 44, 47, tzinfo=UTC)
    assert [from_rfc3339(text) for text in ("0001-01-01T00:00:00Z", "2026-11-22T09:44:47", "", "x")] == [None] * 4
    assert from_rfc3339("9999-12-31T23:59:59-01:00") is None


def test_one_broken_unit_leaves_its_neighbours(router: FaultServer) -> None:
    units = [UNIT, {**UNIT, "UnitName": "b", "Health": 7}, {"UnitName": "c"}, {**UNIT, "UnitName": "d"}]
    router.scripts[f"{BASE}/report"] = fault.document(report(node("10.0.0.1", Units=units)))
    harvest, nodes = poll(router)
    assert [unit.unit for unit in nodes["10.0.0.1"].units or ()] == ["dcos-net.service", "d"]
    assert sum(harvest.dropped.values()) == 2


class LargeCluster:
    """A cluster whose report is too large: 40 healthy nodes, one unhealthy, one dark."""

    def __init__(self, router: FaultServer) -> None:
        self.router = router
        self.hosts = [f"10.0.1.{number}" for number in range(40)]
        health = {**dict.fromkeys(self.hosts, 0), "10.0.2.1": 1, "10.0.2.3": 3}
        nodes = [{"host_ip": host, "health": code, "role": "agent"} for host, code in health.items()]
        router.scripts[f"{BASE}/report"] = fault.answer(b" " * 3000)
        router.scripts[f"{BASE}/nodes"] = fault.answer(compact(nodes))
        for host, code in health.items():
            unit = {"id": "dcos-net.service", "name": "Net", "health": code, "description": "the network"}
            router.scripts[f"{BASE}/nodes/{host}/units"] = fault.document({"units": [unit] if code < 3 else None})
        broken = {"id": "dcos-net.service", "health": 1, "output": "it broke"}
        router.scripts[f"{BASE}/nodes/10.0.2.1/units/dcos-net.service"] = fault.document(broken)

    def read(self, turns: range) -> list[set[str]]:
        """The hosts whose units each of these polls brought."""
        return [
            {host for host, node in poll(self.router, Turn(tick=60 * turn, period_seconds=60))[1].items() if node.units}
            for turn in turns
        ]


def compact(nodes: list[dict[str, Any]]) -> bytes:
    """The list as compact as the server writes it, so that it stays under the small limit."""
    return msgspec.json.encode({"nodes": nodes})


@pytest.fixture
def large(router: FaultServer, monkeypatch: pytest.MonkeyPatch) -> LargeCluster:
    monkeypatch.setattr(component_health, "LIMIT_BYTES", 2800)
    return LargeCluster(router)


def test_in_a_large_cluster_every_node_has_its_turn_within_ten_polls(large: LargeCluster) -> None:
    read = large.read(range(component_health_in_turn.TURNS))
    assert set().union(*read) == {*large.hosts, "10.0.2.1"}
    assert all("10.0.2.1" in hosts for hosts in read)
    assert all(len(hosts) < 20 for hosts in read)


def test_in_a_large_cluster_the_report_is_not_asked_for_again(large: LargeCluster) -> None:
    large.read(range(2))
    assert large.router.paths.count(f"{BASE}/report") == 1


def test_in_a_large_cluster_what_was_not_asked_is_marked_and_noted(large: LargeCluster) -> None:
    harvest, nodes = poll(large.router)
    assert any(not node.asked and node.units is None for node in nodes.values())
    assert (nodes["10.0.2.3"].asked, nodes["10.0.2.3"].units, nodes["10.0.2.3"].health) == (True, None, 3)
    assert "read in turn" in harvest.notes[0]
    assert (nodes["10.0.2.1"].units or ())[0].output == "it broke"
    assert f"{BASE}/nodes/10.0.2.3/units" not in large.router.paths


def test_in_a_large_cluster_a_node_that_recovered_is_read_at_once(large: LargeCluster) -> None:
    waiting = [host for host in large.hosts if host not in large.read(range(1))[0]]
    known = {waiting[0]: 1, waiting[1]: 0}
    _, nodes = poll(large.router, Turn(tick=0, period_seconds=60, known_node_health=known))
    assert (nodes[waiting[0]].asked, nodes[waiting[1]].asked) == (True, False)


def test_in_a_large_cluster_a_node_that_fails_keeps_its_last_answer(large: LargeCluster) -> None:
    large.router.scripts[f"{BASE}/nodes/10.0.2.1/units"] = fault.page("oops", status="502 Bad Gateway")
    harvest, nodes = poll(large.router)
    assert not nodes["10.0.2.1"].asked
    assert harvest.nodes[0].outcome is Outcome.SERVER_ERROR
    assert harvest.outcome is Outcome.PARTIAL


def test_hostile_hosts_and_units_are_never_part_of_a_url(large: LargeCluster) -> None:
    hosts = ["../report", "a/b", "%2e%2e", "x?y", "x#y", "x y", "a" * 200]
    nodes = [{"host_ip": host, "health": 1, "role": "agent"} for host in hosts]
    good = {"host_ip": "10.0.2.1", "health": 1, "role": "agent"}
    large.router.scripts[f"{BASE}/nodes"] = fault.document({"nodes": [*nodes, good]})
    units = [{"id": "../../secret", "health": 1, "name": "", "description": ""}]
    large.router.scripts[f"{BASE}/nodes/10.0.2.1/units"] = fault.document({"units": units})
    harvest, found = poll(large.router)
    assert list(found) == ["10.0.2.1"]
    assert harvest.dropped == {"node: unsafe host name": 7, "unit output: not asked for": 1}
    assert large.router.paths[1:] == [f"{BASE}/nodes", f"{BASE}/nodes/10.0.2.1/units"]


def test_the_limit_is_sixteen_mebibytes() -> None:
    assert component_health.LIMIT_BYTES == 16 * MIB
