"""How a task is, as an operator reads it: one word and one of the five marks. Pure."""

from __future__ import annotations

from dashboard import applications
from dashboard.models import Task
from dashboard.queries import task_reasons
from dashboard.queries.marks import Mark

STATES = {
    "TASK_STAGING": Mark("unk", "Staging"),
    "TASK_STARTING": Mark("unk", "Starting"),
    "TASK_RUNNING": Mark("good", "Running"),
    "TASK_KILLING": Mark("mute", "Killing"),
    "TASK_FINISHED": Mark("mute", "Finished"),
    "TASK_KILLED": Mark("mute", "Killed"),
    "TASK_FAILED": Mark("bad", "Failed"),
    "TASK_ERROR": Mark("bad", "Refused"),
    "TASK_DROPPED": Mark("bad", "Dropped"),
    "TASK_LOST": Mark("bad", "Lost"),
    "TASK_GONE": Mark("bad", "Gone"),
    "TASK_GONE_BY_OPERATOR": Mark("warn", "Gone by operator"),
    "TASK_UNREACHABLE": Mark("bad", "Unreachable"),
    "TASK_UNKNOWN": Mark("unk", "Unknown"),
}
"""By Mesos' own word (mesos.proto, TaskState)."""
UNSEEN = Mark("unk", "Ended unseen")
"""It ran when it was last listed, and is listed no more: how it ended is not known."""
NO_DATA = Mark("unk", "No data")
HEALTH = {True: Mark("good", "Healthy"), False: Mark("bad", "Unhealthy"), None: Mark("mute", "Not checked")}
SOURCES = {
    "SOURCE_MASTER": "the master",
    "SOURCE_SLAVE": "the agent",
    "SOURCE_AGENT": "the agent",
    "SOURCE_EXECUTOR": "its executor",
}
"""Who said its last status (mesos.proto, TaskStatus.Source)."""


def state(task: Task, *, current: bool) -> Mark:
    """Its state; of one that ran when the list was last read, "No data" where that is too old to be the present."""
    if task.ended_at is None and not current:
        return NO_DATA
    if task.ended_at is not None and task.state not in applications.ENDED:
        return UNSEEN
    return STATES.get(task.state) or Mark("unk", task.state.removeprefix("TASK_").replace("_", " ").capitalize())


def health(task: Task, *, current: bool) -> Mark | None:
    """What its health check says; None of one that ended, or of which nothing is known now."""
    return HEALTH[task.healthy] if task.ended_at is None and current else None


def reason(task: Task) -> str:
    """Why, in words; empty where Mesos tells no reason."""
    return task_reasons.why(task.reason)


def told_by(task: Task) -> str:
    return SOURCES.get(task.source, task.source)
