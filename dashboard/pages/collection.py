"""Collection: what Day Two sees and what it does not, why, and what asking costs the cluster."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from dashboard.models import Cluster
from dashboard.pages import paging
from dashboard.queries import collection


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster = get_object_or_404(Cluster, name=cluster_name)
    now = timezone.now()
    report = collection.report(cluster, now)
    nodes = [(row.age.source.title, node) for row in report.sources for node in row.nodes]
    context = {
        "cluster": cluster,
        "now": now,
        "report": report,
        "said": collection.in_words(report),
        "table": paging.cut(nodes, request.GET.get("page", ""), {}),
    }
    return render(request, "pages/collection.html", context)
