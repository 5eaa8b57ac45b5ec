"""The apps of a cluster, the worst first, with how often their instances failed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from dashboard import applications
from dashboard.models import App, Cluster, LaunchWait, Marathon, Task
from dashboard.queries import app_in_words, app_restarts, freshness, waiting_in_words
from dashboard.queries.apps_row import AppFigures, AppRow
from dashboard.queries.freshness import SourceAge

SOURCE, OF_TASKS = "apps", "tasks"
FAILURES_WITHIN = timedelta(hours=24)
RESTARTS_WITHIN = timedelta(minutes=15)
MOST_MOMENTS = 200
"""Failures of one app that are told by their time; of more only the number."""
Counts = Mapping[int, tuple[int, int]]
"""By the apps' `pk`: failed within a day, and ended by themselves of late; who has neither is left out."""


@dataclass(frozen=True, kw_only=True)
class Apps:
    rows: list[AppRow]
    """Apps and pods."""
    marathons: list[Marathon]
    """By key."""
    source: SourceAge | None
    """None on plain Mesos before a Marathon is registered and asked."""
    tasks: SourceAge | None
    stale: list[Marathon]
    """Those that listed apps once, and not of late."""
    silent: list[Marathon]
    """Those that never listed any."""


def listing(cluster: Cluster, now: datetime) -> Apps:
    """Four queries, whatever the number of apps."""
    sources = freshness.of(cluster, now)
    source, tasks = sources.get(SOURCE), sources.get(OF_TASKS)
    marathons = list(Marathon.objects.filter(cluster=cluster).order_by("key"))
    late = [one for one in marathons if not _is_current(one, source, now)]
    return Apps(
        rows=_rows(cluster, marathons, {one.pk for one in late}, tasks, now),
        marathons=marathons,
        source=source,
        tasks=tasks,
        stale=[one for one in late if one.apps_taken_at],
        silent=[one for one in late if not one.apps_taken_at],
    )


def _is_current(one: Marathon, source: SourceAge | None, now: datetime) -> bool:
    return source is not None and source.judge(one.apps_taken_at, now).current


def _rows(
    cluster: Cluster, marathons: Iterable[Marathon], late: set[int], tasks: SourceAge | None, now: datetime
) -> list[AppRow]:
    keys = {one.pk: one.key for one in marathons}
    listed, current = tasks is not None and tasks.sample_at is not None, tasks is not None and tasks.freshness.current
    counts: Counts = _counts(cluster, now) if listed else {}
    found = App.objects.filter(cluster=cluster, gone_at=None).order_by("-state_rank", "app_id", "marathon_id")
    rows = []
    for marathon, *values in found.values_list("marathon_id", *AppFigures._fields):
        app = AppFigures._make(values)
        failures, restarts = counts.get(app.pk, (0, 0))
        state = app_in_words.NO_DATA if marathon in late else app_in_words.STATES[App.State(app.state)]
        told = failures if listed else None, restarts if current else None
        rows.append(AppRow(app, keys.get(marathon, ""), marathon not in late, state, *told))
    return rows


def _counts(cluster: Cluster, now: datetime) -> Counts:
    """One query."""
    ended = Task.objects.filter(cluster=cluster, ended_at__gt=now - FAILURES_WITHIN, app__isnull=False).order_by()
    by_themselves = Q(ended_at__gt=now - RESTARTS_WITHIN) & ~Q(state__in=app_restarts.WISHED)
    found = ended.values("app").annotate(
        failed=Count("pk", filter=Q(state__in=applications.FAILED)), again=Count("pk", filter=by_themselves)
    )
    return {row["app"]: (row["failed"], row["again"]) for row in found}


def failed_at(rows: Iterable[AppRow], now: datetime) -> dict[int, list[datetime]]:
    """When instances of these apps failed within a day, by `pk`, the latest first. One query, or none."""
    wanted = [row.app.pk for row in rows if row.failures and row.failures <= MOST_MOMENTS]
    if not wanted:
        return {}
    failed = Task.objects.filter(app__in=wanted, ended_at__gt=now - FAILURES_WITHIN, state__in=applications.FAILED)
    found: dict[int, list[datetime]] = defaultdict(list)
    for app, at in failed.order_by("-ended_at").values_list("app_id", "ended_at"):
        if at is not None:
            found[app].append(at)
    return found


def wait_for(rows: Iterable[AppRow]) -> dict[int, str]:
    """What these apps' offers lack, by `pk`: "memory and ports". One query, or none."""
    wanted = [row.app.pk for row in rows if row.app.state == App.State.WAITING]
    waits = LaunchWait.objects.filter(app__in=wanted).values_list("app_id", "last_offers") if wanted else ()
    return {app: said for app, offers in waits if (said := _lacking(offers))}


def _lacking(offers: list[dict[str, object]]) -> str:
    """Of what offers did not meet, that which the fewest of them met."""
    ratios = {one.name: one.ratio for one in waiting_in_words.requirements(offers) if one.ratio is not None}
    least = min(ratios.values(), default=1.0)
    blocking = [name for name, ratio in ratios.items() if ratio == least < 1]
    return " and ".join(name if name.isupper() else name.lower() for name in blocking)
