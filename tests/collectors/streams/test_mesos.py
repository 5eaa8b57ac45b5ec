from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.errors import Outcome, PollError
from collectors.records import StreamOpened, StreamRecord, TaskAdded, TaskChange, WorthALook
from collectors.sources.tasks import GetTasks
from collectors.streams.mesos import MesosEvents
from collectors.streams.recordio import LIMIT_BYTES
from tests.collectors.streams.events import STATUS, SUBSCRIBED, TASK, updated
from tests.collectors.streams.framing import NOW, cut, places_in, recorded, recordio, told

RECORDINGS = "mesos/operator-api-v1/events-*.json"
LOOK_AT_TASKS = WorthALook(sources=("tasks",))


def flat(**said: Any) -> dict[str, Any]:
    """As Mesos 1.0 tells it."""
    return {"type": "TASK_UPDATED", "task_updated": {"framework_id": {"value": "f-1"}, **said}}


def framed(*events: dict[str, Any]) -> list[bytes]:
    return [recordio(json.dumps(event).encode()) for event in events]


def after_opening(*events: dict[str, Any], dropped: Counter[str] | None = None) -> list[StreamRecord]:
    """What a stream tells after its first record."""
    opened, *others = told(MesosEvents("", dropped), framed(SUBSCRIBED, *events))
    assert isinstance(opened, StreamOpened)
    return others


def in_short(record: StreamRecord) -> tuple[object, ...]:
    """What a recording is compared by."""
    if isinstance(record, StreamOpened):
        return ("opened", None if record.tasks is None else len(record.tasks.tasks), record.heartbeat_seconds)
    if isinstance(record, TaskAdded):
        return ("added", record.task.task_id, record.task.state)
    if isinstance(record, TaskChange):
        return ("changed", record.framework_id, record.task_id, record.state, record.agent_id, record.status_at)
    return ("look", *record.sources)


def expected(event: dict[str, Any]) -> list[tuple[object, ...]]:
    """The same, by the recorded document itself."""
    kind = event["type"]
    if kind == "SUBSCRIBED":
        said = event["subscribed"]
        lists = said["get_state"]["get_tasks"]
        number = sum(len(lists.get(field, ())) for field in GetTasks.__struct_fields__)
        return [("opened", number, said.get("heartbeat_interval_seconds"))]
    if kind == "TASK_ADDED":
        task = event["task_added"]["task"]
        return [("added", task["task_id"]["value"], task["state"])]
    if kind == "TASK_UPDATED":
        said, status = event["task_updated"], event["task_updated"]["status"]
        ids = (said["framework_id"]["value"], status["task_id"]["value"])
        at = datetime.fromtimestamp(status["timestamp"], UTC)
        return [("changed", *ids, said["state"], status["agent_id"]["value"], at)]
    if kind == "GET_STATE":
        return [("opened", None, None)]
    return [] if kind == "HEARTBEAT" else [("look", "summary")]


def replayed(pieces: list[bytes]) -> list[tuple[object, ...]]:
    events = MesosEvents("")
    found = [in_short(record) for record in told(events, pieces)]
    assert not events.dropped
    return found


@pytest.mark.parametrize("path", recorded(RECORDINGS))
def test_a_recorded_stream_tells_its_changes_in_order_up_to_every_record_at_which_it_ends(path: Path) -> None:
    events = json.loads(path.read_bytes())
    whole = [expected(event) for event in events]
    for number in range(len(events) + 1):
        assert replayed(framed(*events[:number])) == [short for each in whole[:number] for short in each]


@pytest.mark.parametrize("path", recorded(RECORDINGS))
@settings(max_examples=25, suppress_health_check=[HealthCheck.differing_executors])
@given(data=st.data())
def test_a_recorded_stream_that_dies_at_any_byte_tells_what_was_whole_once(path: Path, data: st.DataObject) -> None:
    """However its bytes are cut on the way."""
    events = json.loads(path.read_bytes())
    records = framed(*events)
    stream = b"".join(records)
    dies_at = data.draw(st.integers(0, len(stream)))
    ends = [sum(map(len, records[: at + 1])) for at in range(len(records))]
    whole = [expected(event) for event, end in zip(events, ends, strict=True) if end <= dies_at]
    found = replayed(cut(stream[:dies_at], data.draw(places_in(stream))))
    assert found == [short for each in whole for short in each]


def test_a_stream_opens_with_the_tasks_there_are_and_its_heartbeat() -> None:
    lists = {"tasks": [{**TASK, "state": "TASK_RUNNING"}], "completed_tasks": [{**TASK, "state": "TASK_FINISHED"}]}
    events = MesosEvents("")
    said = {"get_state": {"get_tasks": lists}, "heartbeat_interval_seconds": 5.0}
    (opened,) = told(events, framed({"type": "SUBSCRIBED", "subscribed": said}))
    assert isinstance(opened, StreamOpened) and opened.tasks is not None
    assert [(task.state, task.is_active) for task in opened.tasks.tasks] == [
        ("TASK_RUNNING", True),
        ("TASK_FINISHED", False),
    ]
    assert (opened.heartbeat_seconds, events.silent_seconds) == (5.0, 25.0)


def test_the_first_record_is_as_old_as_its_first_byte() -> None:
    events, (record,) = MesosEvents(""), framed({"type": "SUBSCRIBED", "subscribed": {"get_state": {"get_tasks": {}}}})
    assert list(events.feed(record[:20], NOW)) == []
    (opened,) = events.feed(record[20:], NOW + timedelta(seconds=9))
    assert isinstance(opened, StreamOpened) and opened.tasks is not None
    assert opened.taken_at == opened.tasks.taken_at == NOW


@pytest.mark.parametrize("seconds", [None, 0.0, -15.0, 1e9])
def test_without_a_heartbeat_that_can_be_meant_a_stream_may_be_silent_for_75_seconds(seconds: float | None) -> None:
    events = MesosEvents("")
    told(events, framed({"type": "SUBSCRIBED", "subscribed": {"heartbeat_interval_seconds": seconds}}))
    assert events.silent_seconds == 75.0


def test_tasks_that_are_not_told_at_the_opening_are_not_taken_for_none() -> None:
    (opened,) = told(MesosEvents(""), framed(SUBSCRIBED))
    assert opened == StreamOpened(taken_at=NOW, heartbeat_seconds=15.0, tasks=None)


def test_a_task_that_cannot_be_read_at_the_opening_is_counted_and_its_siblings_stay() -> None:
    dropped: Counter[str] = Counter()
    lists = {"tasks": [TASK, {"task_id": 7}]}
    (opened,) = told(
        MesosEvents("", dropped),
        framed({"type": "SUBSCRIBED", "subscribed": {"get_state": {"get_tasks": lists}}}),
    )
    assert isinstance(opened, StreamOpened) and opened.tasks is not None
    assert (len(opened.tasks.tasks), opened.tasks.whole, dropped.total()) == (1, False, 1)


def test_an_opening_too_large_to_be_read_leaves_the_tasks_to_the_polls() -> None:
    events = MesosEvents("")
    (head, *blocks) = [b"67108865\n", *[b" " * 1048576] * 64, b" "]
    assert told(events, [head, *blocks]) == [StreamOpened(taken_at=NOW, heartbeat_seconds=None, tasks=None)]
    assert events.dropped == {"first event: too large": 1}
    (change,) = told(events, framed(updated(STATUS)))
    assert isinstance(change, TaskChange)


def test_an_opening_that_is_no_json_is_no_stream() -> None:
    for body, outcome in ((b"<html></html>", Outcome.NOT_JSON), (b'{"type": 1}', Outcome.WRONG_SHAPE)):
        with pytest.raises(PollError) as caught:
            told(MesosEvents(""), [recordio(body)])
        assert caught.value.outcome is outcome


def test_a_task_that_was_launched_is_told_whole() -> None:
    (added,) = after_opening({"type": "TASK_ADDED", "task_added": {"task": TASK}})
    assert isinstance(added, TaskAdded)
    assert (added.task.task_id, added.task.framework_id, added.task.agent_id) == ("web.1", "f-1", "S0")
    assert (added.task.name, added.task.state, added.task.is_active) == ("web", "TASK_STAGING", True)


def test_a_status_is_told_with_its_reason_its_time_and_the_root_of_its_container() -> None:
    assert after_opening(updated({**STATUS, "executor_id": {"value": "e-1"}})) == [
        TaskChange(
            framework_id="f-1",
            task_id="web.1",
            executor_id="e-1",
            agent_id="S0",
            container_id="outer",
            state="TASK_FAILED",
            reason="REASON_CONTAINER_LIMITATION_MEMORY",
            message="Memory limit exceeded",
            source="SOURCE_AGENT",
            healthy=False,
            status_at=datetime(2026, 11, 23, 2, 40, 0, 500000, tzinfo=UTC),
            is_active=False,
        )
    ]


def test_a_task_that_is_ahead_of_its_status_is_in_its_latest_state_and_nothing_else_is_known_of_that() -> None:
    """Mesos sends no second event when the status of that state comes."""
    (change,) = after_opening(updated({**STATUS, "state": "TASK_RUNNING"}, state="TASK_FAILED"))
    assert isinstance(change, TaskChange)
    assert (change.state, change.is_active) == ("TASK_FAILED", False)
    assert (change.reason, change.message, change.source, change.healthy, change.status_at) == ("", "", "", None, None)
    assert (change.task_id, change.agent_id, change.container_id) == ("web.1", "S0", "outer")


def test_the_flat_shape_of_mesos_1_0_tells_the_state_and_nothing_else() -> None:
    executor = {"value": "e"}
    (change,) = after_opening(
        flat(task_id=TASK["task_id"], agent_id=TASK["agent_id"], executor_id=executor, state="TASK_RUNNING")
    )
    assert isinstance(change, TaskChange)
    assert (change.task_id, change.state, change.agent_id, change.executor_id) == ("web.1", "TASK_RUNNING", "S0", "e")
    assert (change.status_at, change.healthy, change.reason, change.message) == (None, None, "", "")
    assert change.is_active


@pytest.mark.parametrize(
    ("state", "is_active"),
    [
        ("TASK_STARTING", True),
        ("TASK_RUNNING", True),
        ("TASK_KILLING", True),
        ("TASK_UNREACHABLE", True),
        ("TASK_OF_TOMORROW", True),
        ("TASK_FINISHED", False),
        ("TASK_KILLED", False),
        ("TASK_LOST", False),
        ("TASK_GONE_BY_OPERATOR", False),
    ],
)
def test_a_task_goes_on_unless_its_state_is_an_end(state: str, is_active: bool) -> None:
    (change,) = after_opening(updated({**STATUS, "state": state}))
    assert isinstance(change, TaskChange)
    assert (change.state, change.is_active) == (state, is_active)


@pytest.mark.parametrize(
    "kind", ["AGENT_ADDED", "AGENT_REMOVED", "FRAMEWORK_ADDED", "FRAMEWORK_UPDATED", "FRAMEWORK_REMOVED"]
)
def test_a_change_of_agents_or_frameworks_is_worth_a_look_at_the_summary(kind: str) -> None:
    assert after_opening({"type": kind, kind.lower(): {}}) == [WorthALook(sources=("summary",))]


@pytest.mark.parametrize("kind", ["HEARTBEAT", "SUBSCRIBED", "TASK_OF_TOMORROW", ""])
def test_a_heartbeat_and_what_later_versions_invent_tell_nothing(kind: str) -> None:
    dropped: Counter[str] = Counter()
    assert after_opening({"type": kind}, dropped=dropped) == []
    assert not dropped


@pytest.mark.parametrize(
    "event",
    [
        {"type": "TASK_ADDED"},
        {"type": "TASK_ADDED", "task_added": {"task": {"name": "without ids"}}},
        {"type": "TASK_UPDATED", "task_updated": {"status": STATUS}},
        updated({**STATUS, "task_id": "web.1"}),
        updated({**STATUS, "state": None}),
        {"kind": "TASK_ADDED"},
    ],
)
def test_an_event_that_cannot_be_read_is_counted_and_the_tasks_are_looked_at(event: dict[str, Any]) -> None:
    dropped: Counter[str] = Counter()
    assert after_opening(event, {"type": "HEARTBEAT"}, dropped=dropped) == [LOOK_AT_TASKS]
    assert dropped.total() == 1


def test_a_change_that_names_no_task_is_worth_a_look_at_the_tasks() -> None:
    assert after_opening(flat(state="TASK_RUNNING")) == [LOOK_AT_TASKS]


def test_an_event_too_large_to_be_read_is_counted_and_the_tasks_are_looked_at() -> None:
    events = MesosEvents("")
    large = recordio(b" " * (LIMIT_BYTES + 1))
    _, look, change = told(events, [*framed(SUBSCRIBED), large, *framed(updated(STATUS))])
    assert look == LOOK_AT_TASKS
    assert isinstance(change, TaskChange)
    assert events.dropped == {"event: too large": 1}


def test_bytes_that_are_no_text_and_messages_without_end_are_made_safe_to_store() -> None:
    broken = (
        json.dumps(updated({**STATUS, "message": "bad \x00 HERE " + "x" * 9000})).encode().replace(b"HERE", b"\xff\xfe")
    )
    _, change = told(MesosEvents(""), [*framed(SUBSCRIBED), recordio(broken)])
    assert isinstance(change, TaskChange)
    assert change.message.startswith("bad \ufffd \ufffd\ufffd xxx")
    assert len(change.message) == 4000


def test_reasons_for_what_is_dropped_do_not_fill_memory() -> None:
    dropped: Counter[str] = Counter()
    after_opening(
        *({"type": "TASK_ADDED", "task_added": {"task": [number] * number}} for number in range(40)), dropped=dropped
    )
    after_opening(*({"type": number} for number in range(40)), dropped=dropped)
    assert dropped.total() == 80
    assert len(dropped) <= 21
