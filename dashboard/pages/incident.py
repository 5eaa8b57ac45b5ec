"""One incident: how long is left, what comes first, who feels it, what to do, how earlier ones went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from dashboard.charts import incident_bar, incident_lanes
from dashboard.charts.failure_lanes import Lanes
from dashboard.models import Cluster, Incident
from dashboard.pages import access, incident_advice, incident_links, incident_markdown
from dashboard.pages.alert_rows import silence_href
from dashboard.pages.blocks import attempt
from dashboard.pages.links import way, ways
from dashboard.queries import (
    failures_at_risk,
    failures_beside,
    failures_earlier,
    failures_in_words,
    failures_known,
    failures_named,
    incidents,
)
from dashboard.queries.failures_at_risk import Risk
from dashboard.queries.failures_beside import Beside
from dashboard.queries.failures_earlier import Past
from dashboard.queries.incident_phases import Phase
from dashboard.queries.incidents import Detail
from dashboard.queries.window import Window
from dashboard.roles import Role
from dashboard.store import incidents as store

About, State = Incident.About, Incident.State


@dataclass(frozen=True)
class Asked:
    """The incident of an address, with what both its page and its file need."""

    cluster: Cluster
    detail: Detail
    past: Past
    now: datetime

    @property
    def over(self) -> Window:
        """Its time, and a little before."""
        row = self.detail.row
        return Window("", row.began_at - incident_lanes.BEFORE, row.ended_at or self.now, 60)


def find(cluster_name: str, number: int) -> Asked:
    """404 for a number that this cluster has not."""
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    detail = incidents.one(cluster, number, now)
    if detail is None:
        raise Http404(f"no incident {number} of {cluster_name}")
    return Asked(cluster, detail, failures_earlier.past(cluster, detail.row.kind, detail.row.began_at), now)


def page(request: HttpRequest, cluster_name: str, number: int) -> HttpResponse:
    asked = find(cluster_name, number)
    cluster, detail, now = asked.cluster, asked.detail, asked.now
    row, mark = detail.row, failures_in_words.mark(detail.row)
    agent_id = failures_known.agent_id(cluster, row.subject) if row.about is About.AGENT else ""
    host = row.subject if row.about in (About.AGENT, About.MASTER) else ""
    alerts = attempt("alerts", lambda: failures_beside.alerts(cluster, asked.over, host) if host else [])
    context = {
        "cluster": cluster,
        "now": now,
        "detail": detail,
        "row": row,
        "mark": mark,
        "open": row.state is State.OPEN,
        "say": failures_in_words.say(detail),
        "why": failures_in_words.why(detail),
        "href": incident_links.of(cluster.name, row),
        "may_act": access.role(request) >= Role.OPERATOR,
        "phases": incident_bar.bar(detail, asked.past, now),
        "parts": failures_in_words.parts(detail, asked.past, now),
        "host": host,
        "silence_href": silence_href(cluster, node=host) if host else "",
        "alerts": alerts,
        "alert_rows": ways(cluster.name, alerts.answer or ()),
        "order": attempt("order", lambda: _order(asked, alerts.answer or [])),
        "links": list(zip(ways(cluster.name, (one.happening for one in detail.links)), detail.links, strict=True)),
        "risk": attempt("risk", lambda: _risk(asked)),
        "named": attempt("named", lambda: _named(asked)),
        "witnesses": attempt("witnesses", lambda: failures_known.witnesses(cluster, row)),
        "advice": incident_advice.steps(cluster, row, agent_id),
        "past": asked.past,
        "longest_note": store.LONGEST_NOTE,
        "crumbs": [
            ("Failures", reverse("failures", args=[cluster.name])),
            (f"Incident {number} ({mark.word})", ""),
        ],
    }
    return render(request, "pages/incident.html", context)


def _order(asked: Asked, alerts: list[Beside]) -> Lanes:
    row, beside = asked.detail.row, list[Beside]()
    if row.about is About.AGENT and row.subject:
        beside = [*failures_beside.components(asked.cluster, asked.over, row.subject), *alerts]
    return incident_lanes.order(asked.detail, beside, _expected_at(asked.detail.phases), asked.now)


def _expected_at(phases: tuple[Phase, ...]) -> datetime | None:
    return next((phase.expected_at for phase in phases if phase.expected_at is not None), None)


def _risk(asked: Asked) -> Risk | None:
    """Only of a host that is still silent: what ran there before is no longer listed once it is back."""
    row = asked.detail.row
    if row.about is not About.AGENT or row.state is not State.OPEN or not row.subject:
        return None
    return failures_at_risk.risk(asked.cluster, row.subject)


def _named(asked: Asked) -> dict[str, Any] | None:
    """The tasks behind one of failing tasks, each with the way to it, to its app and to its host."""
    name = asked.cluster.name
    found = failures_named.behind(asked.cluster, asked.detail.row, asked.now)
    if found is None:
        return None
    rows = [
        (one, way(name, one.task_link), way(name, one.app_link), way(name, ("node", one.host) if one.host else ()))
        for one in found.tasks
    ]
    return {"said": failures_named.says(found), "rows": rows, "count": found.count}


def markdown(request: HttpRequest, cluster_name: str, number: int) -> HttpResponse:
    """The incident as a file to keep, or to put into a ticket."""
    asked = find(cluster_name, number)
    behind = failures_named.behind(asked.cluster, asked.detail.row, asked.now)
    text = incident_markdown.written(asked.cluster, asked.detail, behind, asked.now)
    answer = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{asked.cluster.name}-incident-{number}.md"'
    return answer
