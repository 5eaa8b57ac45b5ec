"""One component on one node: what it is, what it says, how its day was, and how to look further."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from dashboard import looking_further
from dashboard.charts import unit_day
from dashboard.hostile_text import visible
from dashboard.models import Cluster
from dashboard.queries import reasons, units, units_in_words
from dashboard.queries.unit_history import WITHIN

ELSEWHERE_SHOWN = 8


def page(request: HttpRequest, cluster_name: str, unit: str, host: str) -> HttpResponse:
    cluster = get_object_or_404(Cluster, name=cluster_name)
    now = timezone.now()
    found = units.unit_on_node(cluster, unit, host, now)
    if found is None:
        raise Http404(f"no component {unit} on {host} of {cluster_name}")
    component = found.unit.component
    context = {
        "cluster": cluster,
        "now": now,
        "found": found,
        "say": units_in_words.since(found, now),
        "why": units_in_words.why(found),
        "last_poll": reasons.reason(found.unit.source.outcome, found.unit.source.detail),
        "output": units_in_words.output(found),
        "kind": looking_further.kind_in_words(unit),
        "commands": looking_further.commands(unit, host=host, agent_id=found.agent_id),
        "day_begins": now - WITHIN,
        "day": unit_day.blocks(found.day, now - WITHIN, now),
        "day_label": unit_day.told(found.day, now),
        "elsewhere": found.elsewhere[:ELSEWHERE_SHOWN],
        "crumbs": [
            ("Components", reverse("components", args=[cluster_name])),
            (visible(component.name, one_line=True), reverse("unit", args=[cluster_name, unit])),
            (f"{visible(host, one_line=True)} ({found.row.state.word})", ""),
        ],
    }
    return render(request, "pages/unit_on_node.html", context)
