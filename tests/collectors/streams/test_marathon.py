from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.records import StreamOpened, StreamRecord, TaskChange, WorthALook
from collectors.sources import SOURCES_BY_NAME
from collectors.streams.marathon import LOOKS, PATH, STATUS, MarathonEvents
from collectors.streams.server_sent_events import LIMIT_BYTES
from tests.collectors.streams.events import FAILED
from tests.collectors.streams.framing import NOW, cut, places_in, recorded, server_sent, told

OPENED = StreamOpened(taken_at=NOW, heartbeat_seconds=None, tasks=None)
EVERYTHING = WorthALook(sources=("apps", "deployments", "queue"))
HEALTH = WorthALook(sources=("apps",))
ITSELF = WorthALook(sources=("marathon",))


def told_by(*events: dict[str, Any], dropped: Counter[str] | None = None) -> list[StreamRecord]:
    """What these events tell after the opening."""
    opened, *others = told(MarathonEvents("", dropped), [b"\r\n", *map(server_sent, events)])
    assert opened == OPENED
    return others


def events_of(path: Path) -> list[dict[str, Any]]:
    """The events of a recording, whether it holds their documents or the stream as it was."""
    document = json.loads(path.read_bytes())
    if isinstance(document, list):
        return document
    lines = document["raw"].splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


def in_short(record: StreamRecord) -> tuple[object, ...]:
    if isinstance(record, TaskChange):
        return ("changed", record.task_id, record.state, record.agent_id, record.message)
    return ("look", *record.sources) if isinstance(record, WorthALook) else ("opened",)


def expected(event: dict[str, Any]) -> list[tuple[object, ...]]:
    kind = event["eventType"]
    if kind == STATUS:
        return [("changed", event["taskId"], event["taskStatus"], event["slaveId"], event.get("message", ""))]
    if kind in ("unhealthy_task_kill_event", "unhealthy_instance_kill_event"):
        return [("look", "apps")]
    if kind in ("health_status_changed_event", "instance_health_changed_event", "instance_changed_event"):
        return [("look", "apps")]
    everything = ("deployment_", "group_change_", "pod_", "api_post_event", "app_terminated_event")
    return [("look", "apps", "deployments", "queue")] if kind.startswith(everything) else []


def replayed(pieces: list[bytes]) -> list[tuple[object, ...]]:
    events = MarathonEvents("")
    found = [in_short(record) for record in told(events, pieces)]
    assert not events.dropped
    return found


@pytest.mark.parametrize("path", recorded("marathon/events-*.json"))
def test_recorded_events_are_told_in_order_up_to_every_one_at_which_the_stream_ends(path: Path) -> None:
    events = events_of(path)
    for number in range(1, len(events) + 1):
        shorts = [short for event in events[:number] for short in expected(event)]
        assert replayed([server_sent(event) for event in events[:number]]) == [("opened",), *shorts]


@pytest.mark.parametrize("path", recorded("marathon/events-*.json"))
@settings(max_examples=50, suppress_health_check=[HealthCheck.differing_executors])
@given(data=st.data())
def test_a_recorded_stream_that_dies_at_any_byte_tells_what_was_whole_once(path: Path, data: st.DataObject) -> None:
    """However its bytes are cut on the way."""
    events = events_of(path)
    sent = [server_sent(event) for event in events]
    stream = b"".join(sent)
    dies_at = data.draw(st.integers(1, len(stream)))
    # The carriage return of the empty line ends an event already.
    ends = [sum(map(len, sent[: at + 1])) - 1 for at in range(len(sent))]
    shorts = [short for event, end in zip(events, ends, strict=True) if end <= dies_at for short in expected(event)]
    assert replayed(cut(stream[:dies_at], data.draw(places_in(stream)))) == [("opened",), *shorts]


@pytest.mark.parametrize("path", recorded("marathon/events-sse-raw.json"))
def test_the_stream_that_was_recorded_byte_by_byte_is_read(path: Path) -> None:
    raw = json.loads(path.read_bytes())["raw"].encode()
    opened, failed, running = told(MarathonEvents(""), cut(raw, range(len(raw))))
    assert opened == OPENED
    assert isinstance(failed, TaskChange) and isinstance(running, TaskChange)
    assert (failed.state, failed.is_active) == ("TASK_FAILED", False)
    assert failed.message.startswith("Failed to launch container: Failed to fetch all URIs")
    assert (running.state, running.status_at) == ("TASK_RUNNING", datetime(2015, 9, 30, 12, 47, 11, 286000, UTC))


def test_a_status_is_told_with_what_marathon_says_of_it() -> None:
    assert told_by(FAILED) == [
        TaskChange(
            framework_id="",
            task_id="web.1",
            executor_id="",
            agent_id="S0",
            container_id="",
            state="TASK_FAILED",
            reason="",
            message="Memory limit exceeded",
            source="",
            healthy=None,
            status_at=datetime(2026, 11, 23, 4, 5, 6, 789000, UTC),
            is_active=False,
        )
    ]


def test_a_status_without_agent_message_or_time_tells_none_of_them() -> None:
    (change,) = told_by(
        {**FAILED, "slaveId": None, "message": None, "timestamp": "yesterday", "taskStatus": "TASK_LOST"}
    )
    assert isinstance(change, TaskChange)
    assert (change.agent_id, change.message, change.status_at, change.is_active) == ("", "", None, False)


def test_a_stream_is_open_with_its_first_bytes_and_once() -> None:
    attached = {"eventType": "event_stream_attached", "remoteAddress": "10.0.0.1"}
    assert told(MarathonEvents(""), [b"\r\n", server_sent(attached), b":\n\n", b"\r\n"]) == [OPENED]


@pytest.mark.parametrize(
    ("kinds", "look"),
    [
        (("deployment_info", "deployment_step_success", "deployment_step_failure"), EVERYTHING),
        (("deployment_success", "deployment_failed", "api_post_event", "app_terminated_event"), EVERYTHING),
        (("group_change_success", "group_change_failed"), EVERYTHING),
        (("pod_created_event", "pod_updated_event", "pod_deleted_event"), EVERYTHING),
        (("health_status_changed_event", "instance_health_changed_event", "instance_changed_event"), HEALTH),
        (("unhealthy_task_kill_event", "unhealthy_instance_kill_event"), HEALTH),
        (("scheduler_registered_event", "scheduler_reregistered_event", "scheduler_disconnected_event"), ITSELF),
    ],
)
def test_everything_else_is_worth_a_look_at_what_tells_it_whole(kinds: tuple[str, ...], look: WorthALook) -> None:
    assert told_by(*({"eventType": kind} for kind in kinds)) == [look] * len(kinds)


def test_a_look_is_at_sources_that_there_are() -> None:
    assert {source for look in LOOKS.values() for source in look.sources} <= set(SOURCES_BY_NAME)


def test_an_event_is_not_opened_up_where_its_type_tells_enough() -> None:
    dropped: Counter[str] = Counter()
    events = MarathonEvents("", dropped)
    assert told(events, [b"event: deployment_info\ndata: {no json\n\n"]) == [OPENED, EVERYTHING]
    assert not dropped


def test_what_tells_nothing_is_not_asked_for_and_nothing_when_it_comes() -> None:
    """Marathon before 1.3.7 sends everything whatever is asked for."""
    asked = parse_qs(urlsplit(PATH).query)
    assert asked["plan-format"] == ["light"]
    assert set(asked["event_type"]) == {STATUS, *LOOKS}
    kinds = ("framework_message_event", "subscribe_event", "failed_health_check_event", "add_health_check_event", "new")
    assert told_by(*({"eventType": kind} for kind in kinds)) == []


def test_a_status_that_cannot_be_read_is_counted_and_everything_is_looked_at() -> None:
    dropped: Counter[str] = Counter()
    assert told_by({"eventType": STATUS, "taskId": 7}, FAILED, dropped=dropped)[0] == EVERYTHING
    assert dropped.total() == 1


def test_an_event_too_large_to_be_read_is_counted_and_everything_is_looked_at() -> None:
    dropped: Counter[str] = Counter()
    large = {**FAILED, "message": "x" * LIMIT_BYTES}
    look, change = told_by(large, FAILED, dropped=dropped)
    assert look == EVERYTHING
    assert isinstance(change, TaskChange) and change.message == "Memory limit exceeded"
    assert dropped == {"event: too large": 1}


def test_bytes_that_are_no_text_and_messages_without_end_are_made_safe_to_store() -> None:
    broken = server_sent({**FAILED, "message": "bad \x00 HERE " + "x" * 9000}).replace(b"HERE", b"\xff\xfe")
    _, change = told(MarathonEvents(""), [broken])
    assert isinstance(change, TaskChange)
    assert change.message.startswith("bad \ufffd \ufffd\ufffd xxx")
    assert len(change.message) == 4000
