"""Events of failed tasks, with reasons that were told later.

A Marathon's stream tells that a task failed and no reason, and its event stays as it was written. The next list of tasks brings
the reason to the task's own row, as long as that is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from itertools import islice

from dashboard.models import Event, Task

AT_ONCE = 500


def whole(events: Iterable[Event]) -> list[Event]:
    """The same in their order, to be told and never to be written: those without a reason are copies that have the one known
    now. One query where any lacks one, none otherwise."""
    found = list(events)
    lacking = [event for event in found if _lacks(event)]
    if not lacking:
        return found
    known = _known(lacking)
    return [_with(event, known.get(_key(event), "")) if _lacks(event) else event for event in found]


def every(events: Iterator[Event]) -> Iterator[tuple[Event, Event]]:
    """Each as it was written and as it is to be told. A query for each AT_ONCE of them, at most."""
    while batch := list(islice(events, AT_ONCE)):
        yield from zip(batch, whole(batch), strict=True)


Key = tuple[int, str, str, str]


def _lacks(event: Event) -> bool:
    """One without a framework stands for many."""
    return event.kind == Event.Kind.TASK_FAILED and bool(event.before) and " " not in event.after


def _key(event: Event) -> Key:
    return event.cluster_id, event.before, event.subject, event.after


def _known(lacking: list[Event]) -> dict[Key, str]:
    rows = Task.objects.filter(
        cluster__in={event.cluster_id for event in lacking},
        framework_id__in={event.before for event in lacking},
        task_id__in={event.subject for event in lacking},
    )
    told = rows.exclude(reason="").values_list("cluster_id", "framework_id", "task_id", "state", "reason")
    return {(cluster, framework, task, state): reason for cluster, framework, task, state, reason in told}


def _with(event: Event, reason: str) -> Event:
    if not reason:
        return event
    told = copy(event)
    told.after = f"{event.after} {reason}"
    return told
