"""Why is it stuck: every app that waits for an offer or rests after failures, the longest first."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from dashboard.models import Cluster
from dashboard.queries import deployments, freshness, reasons, waiting


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    """Six queries and those of the frame, whatever the number of apps."""
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    source = freshness.of_one(cluster, waiting.SOURCE, now)
    marathons = waiting.marathons(cluster)
    total = waiting.count(cluster)
    context = {
        "cluster": cluster,
        "now": now,
        "source": source,
        "reason": reasons.why_old(source.outcome, source.detail) if source else "",
        "stale": [one for one in marathons if not source or not source.judge(one.queue_taken_at, now).current],
        "known": [one for one in marathons if one.queue_taken_at],
        "waits": waiting.of(cluster, source, now),
        "waiting": total,
        "deploying": deployments.count(cluster),
    }
    return render(request, "pages/waiting.html", context)
