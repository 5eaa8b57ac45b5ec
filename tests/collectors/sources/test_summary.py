from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.errors import Outcome, PollError
from collectors.records import AgentSummary, ClusterSummary, ClusterVersion, Resources, Turn
from collectors.sources.summary import SOURCE, decode_summary
from collectors.target import Kind, Target
from tests.collectors.conftest import AMOUNTS, Stage, agent, summary
from tests.faults import server as fault

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FULL_MINUTE, QUIET = Turn(tick=60, period_seconds=10), Turn(tick=70, period_seconds=10)


def decoded(document: dict[str, Any]) -> tuple[ClusterSummary, dict[str, int]]:
    return decode_summary(json.dumps(document).encode(), NOW)


def one(**changes: Any) -> AgentSummary:
    found, _ = decoded(summary(agent("10.0.0.7", **changes)))
    return found.agents[0]


def test_an_agent_is_known_by_the_address_in_its_pid() -> None:
    found = one()
    assert (found.host, found.port, found.hostname) == ("10.0.0.7", 5051, "10.0.0.7.example.com")
    assert (one(pid="slave(1)@[fd12::7]:6061").host, one(pid="slave(1)@[fd12::7]:6061").port) == ("fd12::7", 6061)
    assert (one(pid="").host, one(pid="", port=6052).port) == ("10.0.0.7.example.com", 6052)


def test_mesos_megabytes_become_bytes() -> None:
    assert one().total == Resources(cpus=4.0, mem_bytes=2048 * 1024**2, disk_bytes=10240 * 1024**2, gpus=0.0)
    assert one().allocated.cpus == 1.5


def test_whole_numbers_may_come_as_floats() -> None:
    assert one(TASK_RUNNING=2.0, TASK_FAILED=7.0).tasks.failed == 7


def test_a_number_as_an_attribute_reads_as_it_was_written() -> None:
    found = one(attributes={"rack": "r1", "slots": 3.0, "share": 0.25, "broken": {"a": 1}})
    assert found.attributes == {"rack": "r1", "slots": "3", "share": "0.25"}


@pytest.mark.parametrize(
    ("changes", "public"),
    [
        ({"attributes": {"public_ip": "true"}}, True),
        ({"attributes": {"public_ip": "false"}}, False),
        ({"attributes": {"public_ip": 1}}, False),
        ({"reserved_resources": {"slave_public": AMOUNTS}}, True),
        ({}, False),
    ],
)
def test_a_public_agent_is_one_by_attribute_or_by_reservation(changes: dict[str, Any], public: bool) -> None:
    assert one(**changes).public is public


def test_region_and_zone_come_from_the_domain_else_from_attributes() -> None:
    domain = {"fault_domain": {"region": {"name": "eu"}, "zone": {"name": "eu-a"}}}
    attributes = {"region": "us", "zone": "us-b"}
    assert (one(domain=domain, attributes=attributes).region, one(domain=domain).zone) == ("eu", "eu-a")
    assert (one(attributes=attributes).region, one(attributes=attributes).zone) == ("us", "us-b")
    assert one().zone == ""


def test_what_no_role_has_reserved_is_told_apart_where_the_version_says_it() -> None:
    assert one(unreserved_resources={**AMOUNTS, "cpus": 3.0}).unreserved == Resources(
        cpus=3.0, mem_bytes=2048 * 1024**2, disk_bytes=10240 * 1024**2, gpus=0.0
    )
    assert one().unreserved is None
    assert one(unreserved_resources={"cpus": "all"}).unreserved is None


def test_a_draining_agent_is_seen_as_one() -> None:
    found = one(drain_info={"state": "DRAINING"}, active=False, deactivated=True)
    assert (found.draining, found.active, found.deactivated) == (True, False, True)
    assert one(drain_info=None).draining is False


def test_an_agent_without_resources_is_dropped_and_never_a_zero() -> None:
    bad = agent("10.0.0.8")
    del bad["resources"]
    found, dropped = decoded(summary(agent("10.0.0.7"), bad))
    assert [agent.host for agent in found.agents] == ["10.0.0.7"]
    assert list(dropped) == ["agent: Object missing required field `resources`"]


def test_times_are_utc_and_none_where_there_is_none() -> None:
    assert one().registered_at == datetime.fromtimestamp(1795340607.5, tz=UTC)
    assert (one(registered_time=0).registered_at, one().reregistered_at) == (None, None)


def test_a_framework_of_an_old_version_is_connected_while_it_is_active() -> None:
    framework = {
        "id": "F1",
        "name": "marathon",
        "active": True,
        "used_resources": AMOUNTS,
        "offered_resources": AMOUNTS,
        "TASK_RUNNING": 5,
        "slave_ids": ["a", "b"],
    }
    found, _ = decoded(summary(frameworks=(framework, {**framework, "connected": False})))
    assert [framework.connected for framework in found.frameworks] == [True, False]
    assert (found.frameworks[0].tasks.running, found.frameworks[0].agents) == (5, 2)


def test_an_empty_cluster_is_an_answer_and_an_empty_object_is_none() -> None:
    assert decoded(summary())[0].agents == ()
    with pytest.raises(PollError) as caught:
        decoded({})
    assert caught.value.outcome is Outcome.WRONG_SHAPE


def test_the_version_comes_along_once_a_minute_on_dcos(stage: Stage) -> None:
    router = stage.server({"/mesos/master/state-summary": fault.document(summary(agent("10.0.0.7")))})
    router.scripts["/dcos-metadata/dcos-version.json"] = fault.document({"version": "2.1.0", "dcos-variant": "open"})
    harvest = SOURCE.poll(Target(Kind.DCOS, router.url), FULL_MINUTE)
    assert harvest.records[1:] == (ClusterVersion(dcos_version="2.1.0", dcos_variant="open"),)
    assert len(SOURCE.poll(Target(Kind.DCOS, router.url), QUIET).records) == 1


def test_a_version_that_cannot_be_read_costs_a_note_and_no_summary(stage: Stage) -> None:
    router = stage.server({"/mesos/master/state-summary": fault.document(summary(agent("10.0.0.7")))})
    harvest = SOURCE.poll(Target(Kind.DCOS, router.url), FULL_MINUTE)
    assert len(harvest.records) == 1
    assert harvest.outcome is Outcome.OK
    assert "version" in harvest.notes[0]


def test_a_summary_says_when_it_was_true_and_what_it_cost(stage: Stage) -> None:
    listed = summary(agent("10.0.0.7"), {"id": "broken"})
    master = stage.server({"/master/state-summary": fault.document(listed)})
    harvest = SOURCE.poll(Target(Kind.MESOS, master.url), FULL_MINUTE)
    found = harvest.records[0]
    assert isinstance(found, ClusterSummary)
    assert (found.leader_hostname, found.cluster_name, found.taken_at.tzinfo) == ("10.0.0.100", "garden", UTC)
    assert (harvest.outcome, harvest.requests) == (Outcome.PARTIAL, 1)
