"""What the streams tell against what the lists tell: at any two moments, without sockets."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.simulator import Settings, World, tasks, world_of
from collectors.simulator.event_stream import MOST_WAITING_BYTES, Feed
from collectors.simulator.marathon_events import MarathonWatch, framed
from collectors.simulator.marathon_records import active_tasks
from collectors.simulator.mesos_events import MesosWatch, recordio
from tests.collectors.simulator.scene import NOW

HOUR = 3_600.0
Event = dict[str, Any]


@pytest.fixture(scope="module")
def storied() -> World:
    return world_of(Settings(anchor=NOW), net=88)


def states(world: World, at: float) -> dict[str, tuple[str, Any]]:
    lists = tasks.active_tasks(world, world.at(at))
    return {one["task_id"]["value"]: _last(one) for listed in lists.values() for one in listed}


def _last(task: Event) -> tuple[str, Any]:
    return task["state"], task["statuses"][-1] if task["statuses"] else None


def replay(known: dict[str, tuple[str, Any]], told: list[Event], ended: dict[str, Any]) -> None:
    for event in told:
        if event["type"] == "TASK_ADDED":
            task = event["task_added"]["task"]
            assert task["task_id"]["value"] not in known, "told twice"
            known[task["task_id"]["value"]] = _last(task)
        elif event["type"] == "TASK_UPDATED":
            status = event["task_updated"]["status"]
            task_id = status["task_id"]["value"]
            assert known[task_id] != (status["state"], status), "told twice"
            known[task_id] = (status["state"], status)
            if status["state"] not in ("TASK_STARTING", "TASK_RUNNING", "TASK_UNREACHABLE"):
                ended[task_id] = known.pop(task_id)[1]


@given(
    began=st.floats(min_value=NOW - 12 * HOUR, max_value=NOW + 12 * HOUR),
    steps=st.lists(st.floats(min_value=0.5, max_value=900.0), min_size=1, max_size=6),
)
@settings(max_examples=25, deadline=None)
def test_a_replayed_stream_is_what_get_tasks_tells(storied: World, began: float, steps: list[float]) -> None:
    if storied.at(began).leader is None:
        return
    watch, at = MesosWatch(storied), began
    watch.begin(at)
    known, ended = states(storied, at), dict[str, Any]()
    for step in steps:
        at += step
        told = watch.look(at, is_thorough=True)
        if told is None:
            return
        replay(known, told, ended)
        assert known == states(storied, at)
    completed = tasks.get_tasks(storied, storied.at(at)).get("completed_tasks", [])
    for task in (one for one in completed if one["statuses"][-1]["timestamp"] > began):
        assert ended[task["task_id"]["value"]] == task["statuses"][-1]


@given(began=st.floats(min_value=NOW - 12 * HOUR, max_value=NOW + 12 * HOUR), step=st.floats(1.0, 900.0))
@settings(max_examples=25, deadline=None)
def test_marathon_tells_of_its_tasks_what_the_master_tells(storied: World, began: float, step: float) -> None:
    mesos, marathon = MesosWatch(storied), MarathonWatch(storied)
    mesos.begin(began)
    marathon.begin(began)
    told, also = mesos.look(began + step, is_thorough=True), marathon.look(began + step, is_thorough=True)
    if told is None or also is None or storied.outline(began).leader is None:
        return
    own = {one.task_id for one in active_tasks(storied, began).tasks if one.framework_id.endswith("-0000")}
    updated = {
        (one["status"]["task_id"]["value"], one["state"])
        for one in (event["task_updated"] for event in told if event["type"] == "TASK_UPDATED")
        if one["framework_id"]["value"].endswith("-0000") and one["status"].get("healthy") is not False
    }
    said = {(one["taskId"], one["taskStatus"]) for one in also if one["eventType"] == "status_update_event"}
    assert {state for state in updated - said if state[0] not in own} == set()


def test_a_hasty_look_tells_only_of_tasks_that_ended(storied: World) -> None:
    watch = MesosWatch(storied)
    watch.begin(NOW - HOUR)
    hasty = watch.look(NOW - HOUR + 600, is_thorough=False)
    assert hasty and {event["type"] for event in hasty} == {"TASK_ADDED", "TASK_UPDATED"}
    thorough = watch.look(NOW - HOUR + 600, is_thorough=True)
    assert thorough is not None
    ids = [
        {event["task_added"]["task"]["task_id"]["value"] for event in told if event["type"] == "TASK_ADDED"}
        for told in (hasty, thorough)
    ]
    assert ids[0] and not ids[0] & ids[1]


def test_a_reader_that_takes_nothing_is_dropped_and_holds_nothing(storied: World) -> None:
    feed = Feed(storied, MesosWatch(storied), lambda: NOW)
    reader = feed.join(recordio, lambda at: {"type": "SUBSCRIBED"}, alive=b"", alive_seconds=15.0)
    reader.put({"type": "HEARTBEAT", "padding": "x" * 2**20} for _ in range(MOST_WAITING_BYTES // 2**20 + 1))
    assert reader.is_over and reader.is_dropped and reader.take() == []


def test_the_whole_plan_is_told_to_who_does_not_ask_for_the_light_one() -> None:
    event = {"eventType": "deployment_info", "plan": {"id": "1", "version": "2", "steps": []}}
    whole, light = (framed(query)(event).partition(b"data: ")[2] for query in ("", "plan-format=light"))
    assert msgspec.json.decode(whole)["plan"] == event["plan"]
    assert msgspec.json.decode(light)["plan"] == {"id": "1", "version": "2"}
