"""The page for three in the morning: is it well, what changed, who has it, and the eight panels that DC/OS's users know."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from dashboard.models import Cluster
from dashboard.pages import who_has_it
from dashboard.pages.access import role
from dashboard.pages.links import way, ways
from dashboard.pages.tiles import is_stale, tiles
from dashboard.queries import now, reasons
from dashboard.roles import Role


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster, at = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    answer = now.now(cluster, at)
    summary = answer.sources["summary"]
    context = {
        "cluster": cluster,
        "at": at,
        "now": answer,
        "way": way(cluster.name, answer.verdict.link),
        "others": ways(cluster.name, answer.verdict.others),
        "changes": ways(cluster.name, answer.changes),
        "owners": who_has_it.owners(answer.facts, at),
        "may_act": role(request) >= Role.OPERATOR,
        "summary": summary,
        "stale": is_stale(summary),
        "reason": reasons.why_old(summary.outcome, summary.detail),
        "tiles": tiles(cluster, answer, at),
    }
    return render(request, "pages/now.html", context)
