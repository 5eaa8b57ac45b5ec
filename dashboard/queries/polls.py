"""The latest polls one by one: what was due, who took it, how it ended."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.models import Cluster, Poll


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which polls; empty texts and None stand for all."""

    source: str = ""
    outcome: str = ""
    before: int | None = None
    """Only polls with a lower id: older ones."""
    limit: int


def latest(cluster: Cluster, wanted: Wanted) -> list[Poll]:
    """Polls of a cluster, newest first. One query."""
    found = Poll.objects.filter(cluster=cluster).order_by("-pk")
    if wanted.source:
        found = found.filter(source=wanted.source)
    if wanted.outcome:
        found = found.filter(outcome=wanted.outcome)
    if wanted.before is not None:
        found = found.filter(pk__lt=wanted.before)
    return list(found[: wanted.limit])
