"""What every writer of one poll shares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard.models import Cluster, Event, Poll


@dataclass(frozen=True, kw_only=True)
class Writing:
    """One poll's transaction: for which cluster, in which slot, and when it is being written."""

    cluster: Cluster
    tick: int
    """Start of the slot, seconds since 1970."""
    now: datetime
    poll: Poll | None = None
    """None where history is back-filled."""

    def event(
        self,
        kind: Event.Kind,
        subject: str,
        *,
        before: str,
        after: str,
        taken_at: datetime,
        name: str = "",
        place: str = "",
    ) -> None:
        """Append the event of a change; it becomes true with the rest of the transaction or not at all."""
        Event.objects.create(
            cluster=self.cluster,
            kind=kind,
            subject=subject[:255],
            name=name[:500],
            place=place[:255],
            before=before[:255],
            after=after[:255],
            taken_at=taken_at,
            seen_at=self.now,
            poll=self.poll,
        )
