"""Where the thing an alert is about can be looked at."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

from dashboard import applications
from dashboard.models import Alert
from dashboard.queries import happenings_of_apps


def where(cluster_name: str, alert: Alert) -> tuple[str, str]:
    """The node or the app, and its page; empty where it is about neither."""
    if alert.host:
        return alert.host, reverse("node", args=[cluster_name, alert.host])
    app, link = applications.of_key(alert.subject), happenings_of_apps.app_link(alert.subject)
    if app is None or not link:
        return "", ""
    try:
        return app[1], reverse(link[0], args=[cluster_name, *link[1:]])
    except NoReverseMatch:
        return "", ""
