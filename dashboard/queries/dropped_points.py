"""How much of what the sources told had to be left out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Sum

from dashboard.models import Cluster, Poll


@dataclass(frozen=True)
class Kept:
    """Things of the answers of one source: readings, rows, entries."""

    kept: int
    dropped: int

    @property
    def ratio(self) -> float | None:
        """Share 0…1 that was left out; None where nothing was told."""
        told = self.kept + self.dropped
        return self.dropped / told if told else None


def by_source(cluster: Cluster, now: datetime, within: timedelta) -> dict[str, Kept]:
    """Of the polls that ended within so long. One query."""
    lately = Poll.objects.filter(ended_at__gt=now - within)
    # The sum keeps the database from looking by cluster, of which there are two days' polls, and not by time.
    ended = lately.annotate(of=F("cluster_id") + 0).filter(of=cluster.pk).order_by()
    rows = ended.values_list("source").annotate(Sum("kept"), Sum("dropped"))
    return {source: Kept(kept, dropped) for source, kept, dropped in rows}
