"""What the clusters' event streams tell: changes of tasks as they happen, and that something else is worth a look."""

from __future__ import annotations

from datetime import datetime

import msgspec

from collectors.records.tasks import ClusterTasks, TaskRecord


class StreamOpened(msgspec.Struct, frozen=True, kw_only=True):
    """A stream begins. What happened while it was not read is in `tasks`, or left to the next poll where that is None."""

    taken_at: datetime
    heartbeat_seconds: float | None
    """How often it says at least something; None where it does not promise that."""
    tasks: ClusterTasks | None


class TaskAdded(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A task that was launched this moment."""

    task: TaskRecord


class TaskChange(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A status of one task. What its sender does not say is empty or None, and then nothing of it changes."""

    framework_id: str
    """Empty where the stream is a Marathon's: its own."""
    task_id: str
    executor_id: str
    agent_id: str
    container_id: str
    """Of its root container."""
    state: str
    reason: str
    message: str
    """Cut at 4,000 characters."""
    source: str
    healthy: bool | None
    status_at: datetime | None
    """By the clock of whoever sent the status: an agent, a master or Marathon."""
    is_active: bool
    """Whether it may go on in this state."""


class WorthALook(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something changed that a poll tells whole; `sources` are the names of those that do."""

    sources: tuple[str, ...]


StreamRecord = StreamOpened | TaskAdded | TaskChange | WorthALook
"""A heartbeat is none of them: that somebody is there shows by the time at which bytes came."""
