from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from collectors.errors import Outcome, PollError
from collectors.records import ClusterTasks, Resources, TaskRecord, Turn
from collectors.sources.tasks import MOST_TASKS, SOURCE, GetTasks, decode_tasks, tasks_of
from collectors.target import Kind, Target
from tests.collectors.conftest import Stage
from tests.faults import server as fault

SHARED = Path(__file__).resolve().parents[4] / "shared"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MIB = 1024.0**2
TURN = Turn(tick=60, period_seconds=30)


def task(task_id: str = "web.1", **changes: Any) -> dict[str, Any]:
    ids = {key: {"value": f"{key[0]}-0"} for key in ("framework_id", "agent_id")}
    return {"task_id": {"value": task_id}, **ids, "name": "web", "state": "TASK_RUNNING", **changes}


def status(state: str, at: float | None = None, **changes: Any) -> dict[str, Any]:
    return {"state": state, **({} if at is None else {"timestamp": at}), **changes}


def decoded(**lists: Any) -> tuple[ClusterTasks, dict[str, int]]:
    return decode_tasks(json.dumps({"type": "GET_TASKS", "get_tasks": lists}).encode(), NOW)


def one(**said: Any) -> TaskRecord:
    found, dropped = decoded(tasks=[task(**said)])
    assert not dropped and found.whole
    return found.tasks[0]


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


def test_nothing_that_runs_is_an_empty_list_and_whole() -> None:
    found, dropped = decoded()
    assert (found.tasks, found.whole, dropped) == ((), True, {})


def test_a_task_of_its_own_executor_has_none_and_a_task_without_statuses_no_times() -> None:
    found = one()
    assert (found.executor_id, found.container_id, found.role, found.healthy) == ("", "", "", None)
    assert (found.first_status_at, found.running_at, found.last_status_at) == (None, None, None)
    assert one(executor_id={"value": "e"}).executor_id == "e"


def test_resources_are_added_up_whatever_their_role_and_the_role_is_the_allocations() -> None:
    parts = [
        {"name": "cpus", "type": "SCALAR", "scalar": {"value": 0.5}, "allocation_info": {"role": "dev"}},
        {"name": "cpus", "type": "SCALAR", "scalar": {"value": 1.5}, "role": "ops", "allocation_info": {"role": "dev"}},
        {"name": "mem", "type": "SCALAR", "scalar": {"value": 64}, "allocation_info": {"role": "dev"}},
        {"name": "ports", "type": "RANGES", "ranges": {"range": [{"begin": 1, "end": 2}]}},
        {"name": "rubies", "type": "SCALAR", "scalar": {"value": 9}},
    ]
    found = one(resources=parts)
    assert (found.allocated, found.role) == (Resources(cpus=2.0, mem_bytes=64 * MIB), "dev")


def test_before_allocations_were_told_only_a_reservation_names_a_role() -> None:
    assert one(resources=[{"name": "cpus", "scalar": {"value": 1}, "role": "dev"}]).role == "dev"
    assert one(resources=[{"name": "cpus", "scalar": {"value": 1}, "role": "*"}]).role == ""


@pytest.mark.parametrize("infinity", ['"Infinity"', "Infinity", '"inf"'])
def test_a_limit_that_is_infinite_is_none_that_counts(infinity: str) -> None:
    body = json.dumps({"get_tasks": {"tasks": [task(limits={"cpus": {"value": "HERE"}, "mem": {"value": 96}})]}})
    found, dropped = decode_tasks(body.replace('"HERE"', infinity).encode(), NOW)
    assert not dropped
    assert (found.tasks[0].cpus_limit, found.tasks[0].mem_limit_bytes) == (math.inf, 96 * MIB)
    assert (one().cpus_limit, one().mem_limit_bytes) == (None, None)


def test_statuses_are_ordered_by_their_time_not_by_their_place() -> None:
    told = [
        status("TASK_FAILED", 30, reason="REASON_A", message="gone", source="SOURCE_AGENT"),
        status("TASK_RUNNING", 20),
    ]
    found = one(statuses=[*told, status("TASK_STARTING", 10)])
    assert (found.reason, found.message, found.source) == ("REASON_A", "gone", "SOURCE_AGENT")
    assert (found.first_status_at, found.running_at, found.last_status_at) == (at(10), at(20), at(30))


def test_a_status_without_a_time_keeps_its_place() -> None:
    found = one(statuses=[status("TASK_RUNNING", 20), status("TASK_FAILED", message="why")])
    assert (found.message, found.last_status_at) == ("why", at(20))


def test_health_is_that_of_the_last_status() -> None:
    assert (
        one(statuses=[status("TASK_RUNNING", 1, healthy=True), status("TASK_RUNNING", 2, healthy=False)]).healthy
        is False
    )
    assert one(statuses=[status("TASK_RUNNING", 1)]).healthy is None


def test_the_container_is_the_outermost_one_of_the_newest_status_that_names_any() -> None:
    nested = {"container_id": {"value": "in", "parent": {"value": "mid", "parent": {"value": "root"}}}}
    statuses = [status("TASK_RUNNING", 1, container_status=nested), status("TASK_RUNNING", 2, container_status={})]
    assert one(statuses=statuses).container_id == "root"


def test_a_message_is_cut_and_made_storable() -> None:
    message = one(statuses=[status("TASK_FAILED", 1, message="\x00" + "m" * 9000)]).message
    assert (message[0], len(message)) == ("\ufffd", 4000)


def test_lists_are_read_in_order_and_what_has_ended_is_not_active_although_its_framework_has_not_heard() -> None:
    found, _ = decoded(
        tasks=[task("failed", state="TASK_FAILED"), task("runs")],
        unreachable_tasks=[task("away", state="TASK_UNREACHABLE")],
        pending_tasks=[task("pending", state="TASK_STAGING")],
        completed_tasks=[task("done", state="TASK_FINISHED")],
    )
    active = [(each.task_id, each.is_active) for each in found.tasks]
    assert active == [("runs", True), ("away", True), ("pending", True), ("failed", False), ("done", False)]


def test_a_task_that_cannot_be_read_is_dropped_and_the_list_is_not_whole() -> None:
    found, dropped = decoded(
        tasks=[task("a"), {"name": "b"}, 7, task("c", resources=[{"name": "cpus", "scalar": {"value": -1}}])]
    )
    assert ([each.task_id for each in found.tasks], found.whole) == (["a"], False)
    assert sum(dropped.values()) == 3


def test_past_sixty_thousand_tasks_the_ended_ones_are_left_out_first_and_counted() -> None:
    entry = msgspec.Raw(json.dumps(task("runs")).encode())
    found, dropped = tasks_of(GetTasks(tasks=[entry] * (MOST_TASKS - 1), completed_tasks=[entry] * 3), NOW)
    assert (len(found.tasks), sum(each.is_active for each in found.tasks)) == (MOST_TASKS, MOST_TASKS - 1)
    assert (found.whole, dropped) == (False, {"task: more than 60000": 2})


@pytest.mark.parametrize("body", [b"{}", b'{"get_tasks": []}', b"[" * 5000, b"<html>"])
def test_an_answer_that_is_none_to_this_question_is_refused(body: bytes) -> None:
    with pytest.raises(PollError):
        decode_tasks(body, NOW)


def test_the_leader_is_asked_by_post_wherever_it_is_found(stage: Stage) -> None:
    leader = stage.server({"/api/v1": fault.document({"type": "GET_TASKS", "get_tasks": {"tasks": [task()]}})})
    follower = stage.server({"/api/v1": fault.redirect(f"//127.0.0.1:{leader.port}/api/v1")})
    harvest = SOURCE.poll(Target(Kind.MESOS, follower.url, (leader.url,), token="t"), TURN)
    (record,) = harvest.records
    assert isinstance(record, ClusterTasks)
    assert (record.tasks[0].task_id, harvest.outcome, harvest.requests) == ("web.1", Outcome.OK, 2)
    for seen in (*follower.seen, *leader.seen):
        assert (seen.method, seen.path, seen.body) == ("POST", "/api/v1", b'{"type":"GET_TASKS"}')
        assert seen.headers["content-type"] == seen.headers["accept"] == "application/json"


def recorded(pattern: str) -> list[Any]:
    found = sorted(SHARED.glob(pattern))
    if not found:
        return [pytest.param(None, marks=pytest.mark.skip(reason="no recordings beside the repository"))]
    return [pytest.param(path, id="/".join(path.parts[-3:])) for path in found]


@pytest.mark.parametrize("path", recorded("live/*/*-5050/v1_GET_TASKS.json"))
def test_a_recorded_answer_keeps_every_task(path: Path) -> None:
    said = json.loads(path.read_bytes())["get_tasks"]
    found, dropped = decode_tasks(path.read_bytes(), NOW)
    assert not dropped
    assert len(found.tasks) == sum(map(len, said.values()))
    states = {entry["task_id"]["value"]: entry["state"] for entries in said.values() for entry in entries}
    assert {each.task_id: each.state for each in found.tasks} == states
