"""Apps of Marathon: which one a task belongs to, what each is called among subjects and events, and how it stands."""

from __future__ import annotations

import re
from typing import Any, Final

from dashboard.models import App

State = App.State
RANK: Final = {state: rank for rank, state in enumerate(State)}
"""State → how much it needs a look; the worst has the most."""

UUID = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
TASK = re.compile(rf"(?P<app>[a-z0-9._-]+?)[._](?:(?:instance|marathon)-)?{UUID}(?:[._].*)?", re.IGNORECASE)
"""`group_app.<uuid>` up to Marathon 1.8, `group_app.instance-<uuid>._app.1` since, `pod.instance-<uuid>.container` of a pod."""

OF_APP: Final = "app:"
"""How the keys of totals of apps' use begin; the app's own key follows."""
DECLINED: Final = (
    *("UnfulfilledRole", "UnfulfilledConstraint", "NoCorrespondingReservationFound", "InsufficientCpus"),
    *("InsufficientMemory", "InsufficientDisk", "InsufficientGpus", "InsufficientPorts", "AgentMaintenance"),
    "DeclinedScarceResources",
)
"""Why Marathon declines an offer, as it was when this was written; what is newer counts as OTHER."""
OTHER: Final = "other"

FAILED: Final = frozenset(
    {
        *("TASK_FAILED", "TASK_ERROR", "TASK_LOST", "TASK_DROPPED", "TASK_GONE", "TASK_GONE_BY_OPERATOR"),
        *("TASK_UNREACHABLE", "TASK_UNKNOWN"),
    }
)
"""States that nobody wished for; one that was killed was told to end."""
ENDED: Final = frozenset({"TASK_FINISHED", "TASK_KILLED", *(FAILED - {"TASK_UNREACHABLE", "TASK_UNKNOWN"})})
"""States that no task leaves again."""


def app_id_of_task(task_id: str) -> str:
    """The app whose instance this task, or this executor, is; empty where the id is none of Marathon's.

    Marathon writes the slashes of an app's id as underscores, which no id of an app has.
    """
    found = TASK.fullmatch(task_id)
    return "/" + found["app"].replace("_", "/") if found else ""


def subject_key(marathon_key: str, app_id: str) -> str:
    """What an app is called among subjects and events: several Marathons may have an app of one id."""
    return f"{marathon_key}:{app_id}"


def use_key(marathon_key: str, app_id: str) -> str:
    """What the total of an app's use is called among subjects."""
    return OF_APP + subject_key(marathon_key, app_id)


def of_key(key: str) -> tuple[str, str] | None:
    """Marathon's key and the app's id of such a subject key; None where it is no app's. No key of a Marathon has ":/"."""
    marathon_key, colon, app_id = key.partition(":/")
    return (marathon_key, f"/{app_id}") if colon else None


def judged(healthy: int | None, unhealthy: int | None, *, checked: bool) -> tuple[int | None, int | None]:
    """How many are healthy and how many are not; neither is known where nobody checks, for which Marathon says 0 and 0.

    A count of one whose checks were taken away, and that still has instances with them, stays.
    """
    return (healthy, unhealthy) if checked or healthy or unhealthy else (None, None)


def statistics(app: App) -> list[dict[str, Any]]:
    """Marathon's task statistics line by line, health only where somebody checks it."""
    lines = []
    for line in app.stats:
        counts = judged(line.get("healthy"), line.get("unhealthy"), checked=app.has_health_checks)
        lines.append({**line, **dict(zip(("healthy", "unhealthy"), counts, strict=True))})
    return lines


def state_of(app: App, *, is_waiting: bool, is_delayed: bool) -> State:
    """How an app stands by its counts and its place in the launch queue.

    What is under way explains missing instances; nothing explains that none is left, or that none of those checked is healthy.
    """
    missing = app.instances > app.running
    none_left = app.running == 0 and app.staged == 0
    none_healthy = app.has_health_checks and app.unhealthy >= app.running > 0
    if app.instances == 0 and none_left:
        return State.SUSPENDED
    if none_healthy or (none_left and not (app.is_deploying or is_waiting or is_delayed)):
        return State.UNHEALTHY
    if is_delayed and missing:
        return State.DELAYED
    if app.unhealthy and not app.is_deploying:
        return State.DEGRADED
    if is_waiting and missing:
        return State.WAITING
    if app.is_deploying:
        return State.DEPLOYING
    return State.DEGRADED if missing and not app.staged else State.RUNNING
