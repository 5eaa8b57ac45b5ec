"""Whether Day Two itself is well: what its dead-man switch says outside."""

from __future__ import annotations

from datetime import datetime, timedelta

from dashboard import figures
from dashboard.models import Cluster, Poll

EVALUATED_WITHIN = timedelta(seconds=60)
DISPATCHED_WITHIN = timedelta(minutes=5)
"""Longer than the slowest period a cluster's fastest source may have."""


def why_not(now: datetime) -> str:
    """Why Day Two is not well, as a sentence; empty while every cluster that is collected was judged in the past minute
    and polls are handed to workers. Two queries."""
    clusters = list(Cluster.objects.filter(enabled=True).order_by("name").values_list("name", "watch__evaluated_at"))
    for name, evaluated_at in clusters:
        if evaluated_at is None:
            return f"The rules of {name} have not been judged yet"
        if now - evaluated_at > EVALUATED_WITHIN:
            return f"The rules of {name} were last judged {figures.ago(now - evaluated_at)}"
    if not clusters:
        return ""
    sent_at = Poll.objects.exclude(sent_at=None).order_by("-pk").values_list("sent_at", flat=True).first()
    if sent_at is None or now - sent_at > DISPATCHED_WITHIN:
        return "No poll was handed to a worker for five minutes"
    return ""
