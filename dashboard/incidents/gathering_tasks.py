"""What failing tasks are judged by, read from what is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from dashboard import applications
from dashboard.incidents import gathering
from dashboard.incidents.task import AT_ONCE, BEFORE, End, Known
from dashboard.models import App, Cluster, Event, Incident, Marathon, Task
from dashboard.queries import freshness
from dashboard.store.tasks import TOLD

SOURCE = "tasks"
MOST_ENDS = 50_000


def known(cluster: Cluster, now: datetime, events: Sequence[Event], open_: Sequence[Incident], followed: int) -> Known:
    """Three queries, one more where apps fail, two where there are events."""
    age = freshness.of_one(cluster, SOURCE, now)
    rows = Marathon.objects.filter(cluster=cluster).exclude(framework_id="")
    marathons: dict[str, str] = dict(rows.values_list("framework_id", "key"))
    return Known(
        counted_at=gathering.looked_at(cluster, now),
        listed_at=age.sample_at if age else None,
        is_listed=age is not None and age.freshness.current,
        marathons=marathons,
        ends=_ends(cluster, events, open_) if marathons and events else {},
        resting=_resting(cluster, open_),
        followed=followed,
    )


def _ends(cluster: Cluster, events: Sequence[Event], open_: Iterable[Incident]) -> dict[str, list[End]]:
    """Since shortly before the first of these events, or since the last failure that an open incident counts before it."""
    first = min(event.taken_at for event in events)
    lasts = [one.last_failed_at for one in open_ if one.last_failed_at and applications.of_key(one.subject)]
    since = min([first - max(BEFORE, AT_ONCE), *lasts])
    told = Event.objects.filter(cluster=cluster, kind=Event.Kind.TASK_FAILED, taken_at__gte=since)
    named = set(told.values_list("before", "subject"))
    found: dict[str, list[End]] = defaultdict(list)
    failed = Task.objects.filter(cluster=cluster, state__in=TOLD, ended_at__gte=since).order_by("-ended_at")
    columns = ("framework_id", "task_id", "app__marathon__key", "app__app_id", "ended_at")
    for framework_id, task_id, marathon_key, app_id, at in failed.values_list(*columns)[:MOST_ENDS]:
        if at is not None:
            end = End(at, (framework_id, task_id) in named)
            found[framework_id].append(end)
            if app_id is not None and marathon_key is not None:
                found[applications.subject_key(marathon_key, app_id)].append(end)
    return found


def _resting(cluster: Cluster, open_: Iterable[Incident]) -> frozenset[str]:
    """One query, none where no app fails."""
    ids = [found[1] for one in open_ if (found := applications.of_key(one.subject))]
    if not ids:
        return frozenset()
    rows = App.objects.filter(cluster=cluster, app_id__in=ids, state=App.State.DELAYED, gone_at=None)
    return frozenset(applications.subject_key(*key) for key in rows.values_list("marathon__key", "app_id"))
