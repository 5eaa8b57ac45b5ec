"""What every writer of one poll shares."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dashboard.models import Cluster, Event, Poll
from dashboard.tiers import LATEST_SECONDS, is_too_late

MOST_AHEAD = timedelta(minutes=10)
MOST_LATE = timedelta(seconds=LATEST_SECONDS)
LONGEST_STEP = timedelta(minutes=5)
"""Over a longer time between two samples a mean rate says nothing of the present, unless they are asked for that seldom."""


@dataclass(kw_only=True)
class Written:
    """What became of answers of single nodes."""

    kept: int = 0
    """How many readings were written."""
    refused: dict[str, str] = field(default_factory=dict)
    """Host → why nothing of its answer was kept, as a sentence about it."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Reason → how many things of the answers were left out."""


@dataclass(frozen=True, kw_only=True)
class Writing:
    """One poll's transaction: for which cluster, in which slot, and when it is being written."""

    cluster: Cluster
    tick: int
    """Start of the slot, seconds since 1970."""
    now: datetime
    poll: Poll | None = None
    """None where history is back-filled."""

    @property
    def too_late(self) -> bool:
        """Whether its slot began so long ago that no reading of it is taken any more; a back-fill knows what it does."""
        return self.poll is not None and is_too_late(int(self.poll.due_at.timestamp()), self.now.timestamp())

    @property
    def longest_step(self) -> timedelta:
        """Between two samples that a rate may run over: of a source that is asked less often, one slot may be left out."""
        period_seconds = self.poll.period_seconds if self.poll else None
        return max(LONGEST_STEP, 2 * timedelta(seconds=period_seconds or 0))

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

    def refusal(self, taken_at: datetime) -> str:
        """Why figures of this time are refused, as a sentence about who said them; empty where they are not."""
        ahead = taken_at - self.now
        if ahead > MOST_AHEAD:
            return f"Its figures are {ahead.total_seconds() / 60:.0f} min ahead of our clock: check the clocks of both"
        if -ahead > MOST_LATE:
            return (
                f"Its figures are {-ahead.total_seconds() / 3600:.1f} h old: check its clock, and what measures there"
            )
        return ""
