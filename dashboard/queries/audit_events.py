"""What happened in a cluster between two audit entries."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any

from dashboard.audit_chain import canonical
from dashboard.models import Cluster, Event

MOST_LISTED = 5_000
EVENT = ("pk", "kind", "subject", "name", "place", "before", "after", "taken_at", "seen_at", "by")
AT_ONCE = 2_000


def between(cluster: Cluster, since: datetime, until: datetime) -> dict[str, Any]:
    """All events that were seen from `since` until before `until`, in their order. One query, read bit by bit.

    The first 5,000 are listed; all are counted, and in the digest: SHA-256 over each one's canonical JSON and a line feed.
    """
    found = Event.objects.filter(cluster=cluster, seen_at__gte=since, seen_at__lt=until).order_by("pk").values(*EVENT)
    listed: list[dict[str, Any]] = []
    count, digest = 0, sha256()
    for row in found.iterator(chunk_size=AT_ONCE):
        event = {"number": row.pop("pk"), **row}
        digest.update(f"{canonical(event)}\n".encode())
        count += 1
        if count <= MOST_LISTED:
            listed.append(event)
    return {"since": since, "until": until, "count": count, "sha256": digest.hexdigest(), "listed": listed}
