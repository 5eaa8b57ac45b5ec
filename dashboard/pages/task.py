"""One task: how it is, how long it lived, what was last said of it, what it uses, and the tasks beside it."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from dashboard import figures
from dashboard.hostile_text import visible
from dashboard.models import Cluster
from dashboard.pages import app_metric_rows
from dashboard.queries import (
    app_metrics,
    dcos_cli_task,
    freshness,
    reasons,
    task,
    task_in_words,
    task_reasons,
    tasks,
    window,
)
from dashboard.queries.freshness import SourceAge
from dashboard.queries.marks import Mark
from dashboard.queries.task import Found


def page(request: HttpRequest, cluster_name: str, framework_id: str, task_id: str) -> HttpResponse:
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    sources = freshness.of(cluster, now)
    found = task.one(cluster, framework_id, task_id, sources, now)
    if found is None:
        raise Http404(f"no task {task_id} in {cluster_name}")
    source, own = sources[tasks.SOURCE], found.task
    state, say = verdict(found, source, now)
    context = {
        "cluster": cluster,
        "now": now,
        "found": found,
        "row": found.row,
        "own": own,
        "state": state,
        "say": say,
        "source": source,
        "why_old": _why_old(found, source),
        "life": life(found),
        "told_by": task_in_words.told_by(own),
        "container": found.container,
        **_metrics(request, cluster, found, sources.get(app_metrics.SOURCE), now),
        **_printed(cluster, found, now),
        "crumbs": [
            ("Tasks", reverse("tasks", args=[cluster_name])),
            (f"{visible(found.row.name, one_line=True)} ({state.word})", ""),
        ],
    }
    return render(request, "pages/task.html", context)


def _metrics(
    request: HttpRequest, cluster: Cluster, found: Found, source: SourceAge | None, now: datetime
) -> dict[str, object]:
    """What its application told in the past hour; nothing without a container."""
    if found.container is None:
        return {}
    asked = window.of("1h", now)
    return app_metric_rows.of_container(cluster, found.container.container, asked, source, request.GET)


def _printed(cluster: Cluster, found: Found, now: datetime) -> dict[str, object]:
    """What the command line of DC/OS prints of it; nothing on plain Mesos, which it does not know. Two queries and those of
    `newest_told`."""
    if cluster.kind != Cluster.Kind.DCOS:
        return {}
    values = dcos_cli_task.read(cluster, found.task)
    return {
        "is_dcos": True,
        "printed": dcos_cli_task.summary(found.task, found.container, values) if values else [],
        "details": dcos_cli_task.details(values, app_metrics.newest_told(found.container, now)),
    }


def verdict(found: Found, source: SourceAge, now: datetime) -> tuple[Mark, str]:
    """Its state and a sentence: since when, why, and whether its agent is lost."""
    own, state = found.task, found.row.state
    if own.ended_at is not None:
        return state, _ended(found, now)
    if not source.freshness.current:
        return state, f"Mesos last said that it {task_reasons.did(own.state)}"
    if found.is_at_risk and found.agent is not None:
        silent = found.agent.state.word.lower()
        return Mark(
            "warn", "At risk"
        ), f"its agent {own.host} is {silent}; Mesos says that it {task_reasons.did(own.state)}"
    if own.healthy is False:
        return Mark("bad", "Unhealthy"), "it runs, and its health check fails"
    since = own.running_at or own.first_status_at
    return state, f"for {figures.duration(now - since)}" if since else ""


def _ended(found: Found, now: datetime) -> str:
    """When, after which life, and why as far as Mesos tells a reason."""
    own = found.task
    when = figures.ago(now - own.ended_at) if own.ended_at else ""
    lived = f" after {figures.duration(found.lived)}" if found.lived is not None else ""
    if found.row.state == task_in_words.UNSEEN:
        return f"it was first listed no more {when}{lived}; how it ended is not known"
    why = found.row.reason
    return f"{when}{',' if lived else ''}{lived}{f': {why}' if why else ''}"


def _why_old(found: Found, source: SourceAge) -> str:
    """Why there is nothing newer of one that ran; empty while what is said is the present, or it ended."""
    if source.freshness.current or found.task.ended_at is not None:
        return ""
    return reasons.why_old(source.outcome, source.detail)


def life(found: Found) -> list[tuple[str, datetime | None, str]]:
    """The steps of its life, in order: word, moment (None: nobody told), and what else there is to say."""
    own = found.task
    lived = f"after {figures.duration(found.lived)}" if found.lived is not None else ""
    last = ("Ended", own.ended_at, lived) if own.ended_at else ("Last status", own.last_status_at, "")
    return [
        ("First status", own.first_status_at, "staged or started, as Mesos told first"),
        ("Running", own.running_at, ""),
        last,
        ("First seen by Day Two", own.first_seen, ""),
    ]
