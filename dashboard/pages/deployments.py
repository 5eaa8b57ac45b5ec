"""Deployments: what is being rolled out and where it stands still, and what was rolled out in the last 30 days."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from dashboard.models import Cluster
from dashboard.queries import deployments, freshness, reasons, waiting


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    """Eight queries and those of the frame, whatever the number of deployments."""
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    source = freshness.of_one(cluster, deployments.SOURCE, now)
    marathons = waiting.marathons(cluster)
    context = {
        "cluster": cluster,
        "now": now,
        "source": source,
        "reason": reasons.why_old(source.outcome, source.detail) if source else "",
        "stale": [one for one in marathons if not source or not source.judge(one.deployments_taken_at, now).current],
        "known": [one for one in marathons if one.deployments_taken_at],
        "under_way": deployments.under_way(cluster, source, now),
        "ended": deployments.ended(cluster, source, now),
        "most_ended": deployments.MOST_ENDED,
        "waiting": waiting.count(cluster),
        "deploying": deployments.count(cluster),
    }
    return render(request, "pages/deployments.html", context)
