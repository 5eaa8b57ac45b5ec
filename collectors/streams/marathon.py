"""A Marathon's events: GET /v2/events, server-sent.

Document: https://mesosphere.github.io/marathon/docs/event-bus.html
A task's status is told whole; of everything else only that it changed, which a poll then reads. Deployment events are asked
for without their plans, each of which would hold every app twice (`plan-format=light`, Marathon 1.5).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlencode

import msgspec

from collectors.decoding import Dropped, count, decode, from_rfc3339, message, name
from collectors.errors import PollError
from collectors.records import StreamOpened, StreamRecord, TaskChange, WorthALook
from collectors.sources.tasks import TERMINAL
from collectors.streams.server_sent_events import Sent, ServerSentEvents

SILENT_SECONDS = 60.0
"""It sends something every five to ten seconds, if only a comment."""
STATUS = "status_update_event"
EVERYTHING = WorthALook(sources=("apps", "deployments", "queue"))
HEALTH = WorthALook(sources=("apps",))
ITSELF = WorthALook(sources=("marathon",))
LOOKS: dict[str, WorthALook] = {
    **dict.fromkeys(
        (
            *("api_post_event", "app_terminated_event", "group_change_success", "group_change_failed"),
            *("pod_created_event", "pod_updated_event", "pod_deleted_event"),
            *("deployment_info", "deployment_step_success", "deployment_step_failure"),
            *("deployment_success", "deployment_failed"),
        ),
        EVERYTHING,
    ),
    **dict.fromkeys(
        (
            *("health_status_changed_event", "instance_health_changed_event", "instance_changed_event"),
            *("unhealthy_task_kill_event", "unhealthy_instance_kill_event"),
        ),
        HEALTH,
    ),
    **dict.fromkeys(
        ("scheduler_registered_event", "scheduler_reregistered_event", "scheduler_disconnected_event"), ITSELF
    ),
}
PATH = "/v2/events?" + urlencode([("plan-format", "light"), *(("event_type", kind) for kind in (STATUS, *LOOKS))])


class StatusUpdate(msgspec.Struct, frozen=True, rename="camel"):
    task_id: str
    task_status: str
    timestamp: str = ""
    message: str | None = None
    slave_id: str | None = None


class MarathonEvents:
    """One stream, from its bytes to what they tell."""

    silent_seconds = SILENT_SECONDS

    def __init__(self, url: str, dropped: Dropped | None = None) -> None:
        self._url = url
        self._framing = ServerSentEvents()
        self._is_open = False
        self.dropped: Dropped = Counter() if dropped is None else dropped

    def feed(self, chunk: bytes, taken_at: datetime) -> Iterator[StreamRecord]:
        """What these bytes complete, in order; `taken_at` is when they came. A stream is open with its first bytes."""
        if not self._is_open:
            self._is_open = True
            yield StreamOpened(taken_at=taken_at, heartbeat_seconds=None, tasks=None)
        for sent in self._framing.feed(chunk):
            if sent is None:
                count(self.dropped, "event: too large")
                yield EVERYTHING
            elif sent.kind == STATUS:
                yield self._change(sent)
            elif sent.kind in LOOKS:
                yield LOOKS[sent.kind]

    def _change(self, sent: Sent) -> StreamRecord:
        try:
            said = decode(sent.data, StatusUpdate, url=self._url)
        except PollError as error:
            count(self.dropped, f"{STATUS}: {error.detail}")
            return EVERYTHING
        return TaskChange(
            framework_id="",
            task_id=name(said.task_id),
            executor_id="",
            agent_id=name(said.slave_id or ""),
            container_id="",
            state=name(said.task_status),
            reason="",
            message=message(said.message or ""),
            source="",
            healthy=None,
            status_at=from_rfc3339(said.timestamp),
            is_active=said.task_status not in TERMINAL,
        )
