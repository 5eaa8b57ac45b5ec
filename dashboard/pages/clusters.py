"""Where one arrives after signing in: the clusters, worst first; with only one of them, that one; with none, connecting."""

from __future__ import annotations

from collections import Counter

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from dashboard.pages import access, frame
from dashboard.pages.tiles import is_stale
from dashboard.queries import clusters
from dashboard.queries.clusters import Standing
from dashboard.roles import Role


def page(request: HttpRequest) -> HttpResponse:
    choices, may_connect = frame.Frame(request).clusters, access.role(request) >= Role.ADMIN
    if not choices and may_connect:
        return redirect("connect")
    if len(choices) == 1 and "all" not in request.GET:
        return redirect(choices[0].href)
    at = timezone.now()
    found = clusters.standings(at)
    context = {
        "at": at,
        "rows": [(one, is_stale(one.source), _version(one)) for one in found],
        "summary": in_words(found),
        "may_connect": may_connect,
    }
    return render(request, "pages/clusters.html", context)


def in_words(found: list[Standing]) -> str:
    """How many are how, worst first: 1 degraded, 1 unknown, 2 all well."""
    counts = Counter(one.verdict.word.lower() for one in found)
    return ", ".join(f"{count} {word}" for word, count in counts.items())


def _version(one: Standing) -> str:
    named = [("DC/OS", one.cluster.dcos_version), ("Mesos", one.cluster.mesos_version)]
    return " · ".join(f"{what} {version}" for what, version in named if version) or one.cluster.get_kind_display()
