"""Frameworks: the schedulers of the cluster, what each holds and uses of it, and those that completed of late."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from dashboard.models import Cluster
from dashboard.pages.framework_facts import shares, tasks_by_state
from dashboard.queries import frameworks, freshness, reasons


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    sources = freshness.of(cluster, now)
    source, rows = sources[frameworks.SOURCE], frameworks.of(cluster, sources, now)
    running = [row for row in rows if not row.completed]
    context = {
        "cluster": cluster,
        "now": now,
        "source": source,
        "stale": source.sample_at is not None and not source.freshness.current,
        "reason": reasons.why_old(source.outcome, source.detail),
        "rows": [(row, shares(row), tasks_by_state(row.framework)) for row in running],
        "completed": [row for row in rows if row.completed],
        "bad": sum(row.state.mark in ("bad", "warn") for row in running),
    }
    return render(request, "pages/frameworks.html", context)
