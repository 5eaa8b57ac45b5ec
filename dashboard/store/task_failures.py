"""Failed tasks of frameworks: an event where a framework's count rose under one leader.

The leading master counts them exactly from Mesos 1.5 on, unless it was told not to. Elsewhere the summary's counts are
compared: they are of the last thousand tasks that ended, so a rise in them is real, but not every failure is one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Count, Max

from collectors.records import TaskCounts
from dashboard.models import Event, Framework, TaskFailures
from dashboard.store.writing import Writing

PREFIX = "master/frameworks/"
KEY = re.compile(r"master/frameworks/[^/]*/(?P<framework>[^/]+)/tasks/terminal/task_(?P<state>failed|error)")
"""The name in it is percent-encoded, so it has no slash."""
MOST = 2**62
OFTEN, LOOKED_BACK = 5, timedelta(minutes=10)
FOLDED = timedelta(minutes=1)
"""A crash loop fails at every snapshot, which would be millions of events a year: told so often, it is told this seldom."""


def note_counters(writing: Writing, life: str, metrics: Mapping[str, float], *, at: datetime) -> None:
    """Compare the leader's own counters with those of the snapshot before; `life` is the master's present life.

    Under another leader they began again: what they say first is only kept. Of a framework that goes on and on failing a
    minute is one event: what was not told yet is told with the next. Three queries, one for each framework that failed.
    """
    counted = _counters(metrics)
    lately = _told_lately(writing, at)
    changed = []
    for row in Framework.objects.filter(cluster=writing.cluster).exclude(state=Framework.State.COMPLETED):
        now = counted.get(row.framework_id)
        known = (row.failures_life, row.failures_failed, row.failures_error)
        if now is not None and row.failures_life == life:
            if row.framework_id in lately:
                continue
            _tell(writing, row, _before(row, now), now, at=at)
        row.failures_life = life if now else ""
        row.failures_failed, row.failures_error = (now.failed, now.error) if now else (None, None)
        if known != (row.failures_life, row.failures_failed, row.failures_error):
            changed.append(row)
    Framework.objects.bulk_update(changed, ["failures_life", "failures_failed", "failures_error"])


def _told_lately(writing: Writing, at: datetime) -> set[str]:
    """The frameworks whose failures were told within the past minute, and so often before that they go on and on; by id."""
    told = Event.objects.filter(
        cluster=writing.cluster, kind=Event.Kind.TASKS_FAILED, taken_at__gt=at - LOOKED_BACK, taken_at__lt=at
    )
    often = told.values("subject").annotate(times=Count("pk"), last=Max("taken_at")).order_by()
    return set(often.filter(times__gte=OFTEN, last__gt=at - FOLDED).values_list("subject", flat=True))


def _before(row: Framework, now: TaskFailures) -> TaskFailures:
    """What was counted before; a count that fell is one that began again, with a framework that came back."""
    failed, error = row.failures_failed or 0, row.failures_error or 0
    return TaskFailures(failed if failed <= now.failed else 0, error if error <= now.error else 0)


def note_listed(writing: Writing, row: Framework, counts: TaskCounts, *, at: datetime) -> None:
    """Compare what the summary lists now with what the row still has from the one before; where nobody counts better."""
    until = writing.cluster.reregistering_until
    if row.failures_life or row.tasks_failed is None or (until is not None and at < until):
        return
    now = TaskFailures(counts.failed, counts.error)
    # A count that fell made room for others, and says nothing of itself.
    before = TaskFailures(min(row.tasks_failed, now.failed), min(row.tasks_error or 0, now.error))
    _tell(writing, row, before, now, at=at)


def _counters(metrics: Mapping[str, float]) -> dict[str, TaskFailures]:
    """By framework id."""
    found: dict[str, dict[str, int]] = {}
    for key, value in metrics.items():
        told = KEY.fullmatch(key) if key.startswith(PREFIX) else None
        if told is not None and 0 <= value <= MOST:
            found.setdefault(told["framework"], {})[told["state"]] = int(value)
    return {framework: TaskFailures(**counts) for framework, counts in found.items()}


def _tell(writing: Writing, row: Framework, before: TaskFailures, now: TaskFailures, *, at: datetime) -> None:
    if now.total > before.total:
        kind = Event.Kind.TASKS_FAILED
        writing.event(kind, row.framework_id, name=row.name, before=str(before), after=str(now), taken_at=at)
