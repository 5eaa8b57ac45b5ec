"""Where an incident's subject can be looked at: a node, the masters, an app or a framework; empty where no page shows it."""

from __future__ import annotations

from django.urls import reverse

from dashboard import applications
from dashboard.models import Incident
from dashboard.pages.links import way
from dashboard.queries import happenings_of_apps
from dashboard.queries.incident_rows import Row

About = Incident.About


def of(cluster_name: str, row: Row) -> str:
    """The address of what failed."""
    if row.about is About.AGENT and row.subject:
        return reverse("node", args=[cluster_name, row.subject])
    if row.about is About.MASTER:
        return reverse("masters", args=[cluster_name])
    if applications.of_key(row.subject) is not None:
        return way(cluster_name, happenings_of_apps.app_link(row.subject)).href
    return way(cluster_name, ("framework", row.subject)).href if row.subject else ""
