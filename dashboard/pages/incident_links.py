"""Where an incident's subject can be looked at: a node, the masters; empty where no page shows it yet."""

from __future__ import annotations

from django.urls import reverse

from dashboard.models import Incident
from dashboard.queries.incident_rows import Row

About = Incident.About


def of(cluster_name: str, row: Row) -> str:
    """The address of what failed."""
    if row.about is About.AGENT and row.subject:
        return reverse("node", args=[cluster_name, row.subject])
    return reverse("masters", args=[cluster_name]) if row.about is About.MASTER else ""
