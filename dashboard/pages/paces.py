"""How often each source of a cluster is asked: a part of its settings, and the form that changes it."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from collectors.sources import SOURCES, Source
from dashboard import figures, pace
from dashboard.models import Cluster, Pace
from dashboard.queries import collection
from dashboard.store import paces

FIELD = "factor-"
"""Before the name of a source, in the form."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One source: its own period, what the operator may make of it, and what it is now and why."""

    source: Source
    field: str
    choices: tuple[tuple[int, str, bool], ...]
    """Multiple, the period it gives, and whether it is the present one."""
    every_seconds: int
    why: str


def lines(cluster: Cluster) -> list[Line]:
    """One query."""
    known = collection.by_source(cluster)
    return [_line(source, known.get(source.name)) for source in SOURCES if cluster.kind in source.kinds]


def _line(source: Source, known: Pace | None) -> Line:
    usual, factor = source.period_seconds, known.factor if known else 1
    return Line(
        source=source,
        field=f"{FIELD}{source.name}",
        choices=tuple((each, figures.duration(usual * each), each == factor) for each in pace.factors(usual)),
        every_seconds=known.period_seconds if known else usual,
        why=collection.why(known, usual),
    )


@require_POST
def save(request: HttpRequest, cluster_name: str) -> HttpResponse:
    """Sources that the form does not name stay as they are; a multiple that is none is refused, and nothing is changed."""
    cluster = get_object_or_404(Cluster, name=cluster_name)
    asked = {source: request.POST.get(f"{FIELD}{source.name}") for source in SOURCES if cluster.kind in source.kinds}
    given = {source: factor for source, factor in asked.items() if factor is not None}
    wrong = next((source for source, factor in given.items() if factor not in _allowed(source)), None)
    if wrong is not None:
        multiples = ", ".join(_allowed(wrong))
        messages.error(
            request, f"Nothing was changed: how often {wrong.title} is asked may be {multiples} times its own."
        )
        return redirect("settings", cluster_name=cluster.name)
    for source, factor in given.items():
        paces.set_factor(cluster, source, int(factor), timezone.now())
    messages.success(request, "Saved: each source is asked so from its next poll on.")
    return redirect("settings", cluster_name=cluster.name)


def _allowed(source: Source) -> list[str]:
    return [str(factor) for factor in pace.factors(source.period_seconds)]
