"""Masters: who leads, who led, how each process is, and how far the leader is behind with its work."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from dashboard.charts import event_queue, leadership
from dashboard.models import Cluster
from dashboard.pages.ranges import ranges
from dashboard.queries import masters, masters_in_words, window


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster = get_object_or_404(Cluster, name=cluster_name)
    now = timezone.now()
    asked = window.of(request.GET.get("range"), now, ranges=window.LONGER_RANGES)
    found = masters.now(cluster, now)
    spans = masters.led(cluster, asked.starts_at, found.known_until(now))
    queues = masters.leaders_queues(cluster, asked)
    context = {
        "cluster": cluster,
        "now": now,
        "masters": found,
        "said": masters_in_words.said(found, now),
        "ranges": ranges(asked.name, window.LONGER_RANGES),
        "window": asked,
        "lanes": leadership.drawn(spans, [row.master.place for row in found.rows], asked.starts_at, now),
        "queues": queues,
        "queue_title": masters_in_words.queues(queues),
        "queue_figure": event_queue.figure(queues),
    }
    return render(request, "pages/masters.html", context)
