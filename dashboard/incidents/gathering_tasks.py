"""What failing tasks are judged by, read from what is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Count, Q

from dashboard import applications
from dashboard.incidents import gathering, task
from dashboard.incidents.task import AT_ONCE, BEFORE, Earlier, End, Known
from dashboard.models import App, Cluster, Event, Incident, Marathon, Task
from dashboard.queries import freshness, task_reasons
from dashboard.store.tasks import TOLD

SOURCE = "tasks"
MOST_ENDS = 50_000


def known(cluster: Cluster, now: datetime, events: Sequence[Event], open_: Sequence[Incident], followed: int) -> Known:
    """Three queries, one more where apps fail, two where there are events or one is over, three more where those are of
    apps that failed before."""
    age = freshness.of_one(cluster, SOURCE, now)
    rows = Marathon.objects.filter(cluster=cluster).exclude(framework_id="")
    found = Known(
        counted_at=gathering.looked_at(cluster, now),
        listed_at=age.sample_at if age else None,
        is_listed=age is not None and age.freshness.current,
        marathons=dict(rows.values_list("framework_id", "key")),
        resting=_resting(cluster, open_),
        followed=followed,
    )
    of_apps = [one for one in open_ if one.last_failed_at and applications.of_key(one.subject)]
    going_on = [one for one in of_apps if task.is_over(one, found) or _has_more(one, events, found)]
    if not found.marathons or not (events or going_on):
        return found
    since = _since(events, of_apps)
    ends, earlier = _ends(cluster, since), _earlier(cluster, going_on, since)
    return replace(found, ends=ends, earlier=earlier)


def _has_more(incident: Incident, events: Iterable[Event], known: Known) -> bool:
    """Whether one of these events is of this app."""
    place = applications.of_key(incident.subject)
    return any(place == (known.marathons.get(event.before), event.name) for event in events)


def _since(events: Iterable[Event], of_apps: Iterable[Incident]) -> datetime:
    """Shortly before the first of these events, or the last failure that an open incident counts before it."""
    firsts = [event.taken_at - max(BEFORE, AT_ONCE) for event in events]
    return min([*firsts, *(one.last_failed_at for one in of_apps if one.last_failed_at)])


def _ends(cluster: Cluster, since: datetime) -> dict[str, list[End]]:
    """Two queries."""
    told = Event.objects.filter(cluster=cluster, kind=Event.Kind.TASK_FAILED, taken_at__gte=since)
    named = set(told.values_list("before", "subject"))
    found: dict[str, list[End]] = defaultdict(list)
    failed = Task.objects.filter(cluster=cluster, state__in=TOLD, ended_at__gte=since).order_by("-ended_at")
    columns = ("framework_id", "task_id", "app__marathon__key", "app__app_id", "ended_at", "reason")
    for framework_id, task_id, marathon_key, app_id, at, reason in failed.values_list(*columns)[:MOST_ENDS]:
        if at is not None:
            end = End(at, (framework_id, task_id) in named, reason in task_reasons.OF_AGENT)
            found[framework_id].append(end)
            if app_id is not None and marathon_key is not None:
                found[applications.subject_key(marathon_key, app_id)].append(end)
    return found


def _earlier(cluster: Cluster, going_on: Sequence[Incident], since: datetime) -> dict[str, Earlier]:
    """How many tasks of these failed before `since`, each from its first failure on. Three queries, none where there are none."""
    if not going_on:
        return {}
    begins = {one.subject: one.began_at - AT_ONCE for one in going_on}
    alike = Incident.objects.filter(cluster=cluster, state=Incident.State.CLOSED, subject__in=begins)
    # What an operator closed has counted its own.
    for subject, last_at in alike.filter(ended_at__gt=min(begins.values())).values_list("subject", "last_failed_at"):
        begins[subject] = max(begins[subject], last_at or begins[subject])
    rows = App.objects.filter(cluster=cluster, app_id__in=[one.name for one in going_on]).select_related("marathon")
    apps = {app.pk: applications.subject_key(app.marathon.key, app.app_id) for app in rows}
    # Of each app a range of its own index.
    ranges = (Q(app=pk, ended_at__gt=begins[subject]) for pk, subject in apps.items() if subject in begins)
    failed = Task.objects.filter(reduce(or_, ranges, Q(pk__in=())), state__in=TOLD, ended_at__lt=since)
    counted = failed.exclude(reason__in=task_reasons.OF_AGENT).values_list("app").annotate(count=Count("pk")).order_by()
    by_app = {apps[app]: count for app, count in counted}
    return {subject: Earlier(begin, by_app.get(subject, 0)) for subject, begin in begins.items()}


def _resting(cluster: Cluster, open_: Iterable[Incident]) -> frozenset[str]:
    """One query, none where no app fails."""
    ids = [found[1] for one in open_ if (found := applications.of_key(one.subject))]
    if not ids:
        return frozenset()
    rows = App.objects.filter(cluster=cluster, app_id__in=ids, state=App.State.DELAYED, gone_at=None)
    return frozenset(applications.subject_key(*key) for key in rows.values_list("marathon__key", "app_id"))
