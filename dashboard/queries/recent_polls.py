"""The polls of the past ten minutes, added up: what they cost, what waits, what runs, what nobody took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Max, Min, Q, Sum
from django.db.models.functions import Coalesce

from collectors.errors import Outcome
from dashboard.models import Cluster, Poll

WITHIN = timedelta(minutes=10)
ENDED = Q(ended_at__isnull=False, started_at__isnull=False)
# A shard whose turn has not come yet has not been sent, and nobody waits for it.
WAITING = Q(ended_at=None, started_at=None) & (Q(sent_at__isnull=False) | Q(shard=0))
RUNNING = Q(ended_at=None, started_at__isnull=False)
TOOK = ExpressionWrapper(F("ended_at") - F("started_at"), output_field=DurationField())


@dataclass(frozen=True, kw_only=True)
class OfSource:
    """What the polls of one source came to, shards counted one by one."""

    polls: int = 0
    requests: int = 0
    bytes_read: int = 0
    mean_seconds: float | None = None
    """Writing included; None where none ended."""


@dataclass(frozen=True, kw_only=True)
class RecentPolls:
    by_source: Mapping[str, OfSource]
    watched_minutes: float
    """Since the first of them began; at least one, or a single poll would make a wild rate."""
    waiting: int
    """Slots that were sent and not yet taken by a worker."""
    waiting_since: datetime | None
    running: int
    running_since: datetime | None
    skipped: int
    """Slots that a slow poll of the same source ran over."""
    missed: int
    """Slots that no worker took in time."""
    last_due_at: datetime | None
    """Of all polls that are kept, like the next."""
    last_taken_at: datetime | None

    def of(self, source: str) -> OfSource:
        return self.by_source.get(source, OfSource())


def recent(cluster: Cluster, now: datetime) -> RecentPolls:
    """One query, and one more each where none has come due, or none was taken, for ten minutes."""
    of_cluster = Poll.objects.filter(cluster=cluster)
    lately = Poll.objects.filter(Q(ended_at=None) | Q(ended_at__gt=now - WITHIN))
    rows = list(
        # The sum keeps the database from looking by cluster, of which there are two days' polls, and not by time.
        lately.annotate(of=F("cluster_id") + 0)
        .filter(of=cluster.pk)
        .order_by()
        .values("source")
        .annotate(
            polls=Count("pk", filter=ENDED),
            asked=Sum("requests", filter=ENDED),
            read=Sum("bytes_read", filter=ENDED),
            took=Avg(TOOK, filter=ENDED),
            first=Min("started_at", filter=ENDED),
            waiting=Count("pk", filter=WAITING),
            waiting_since=Min(Coalesce("sent_at", "due_at"), filter=WAITING),
            running=Count("pk", filter=RUNNING),
            running_since=Min("started_at", filter=RUNNING),
            skipped=Count("pk", filter=Q(outcome=Outcome.SKIPPED_OVERLAP)),
            missed=Count("pk", filter=Q(outcome=Outcome.MISSED)),
            due=Max("due_at"),
            taken=Max("started_at"),
        )
    )
    newest = of_cluster.order_by("-pk")
    due, taken = _latest(rows, "due"), _latest(rows, "taken")
    first = _earliest(rows, "first") or now
    return RecentPolls(
        by_source={row["source"]: _of_source(row) for row in rows},
        watched_minutes=max(1.0, (now - first).total_seconds() / 60),
        waiting_since=_earliest(rows, "waiting_since"),
        running_since=_earliest(rows, "running_since"),
        **{name: sum(row[name] for row in rows) for name in ("waiting", "running", "skipped", "missed")},
        last_due_at=due or newest.values_list("due_at", flat=True).first(),
        last_taken_at=taken or newest.exclude(started_at=None).values_list("started_at", flat=True).first(),
    )


def _of_source(row: dict[str, Any]) -> OfSource:
    return OfSource(
        polls=row["polls"],
        requests=row["asked"] or 0,
        bytes_read=row["read"] or 0,
        mean_seconds=None if row["took"] is None else row["took"].total_seconds(),
    )


def _latest(rows: Iterable[dict[str, Any]], name: str) -> datetime | None:
    return max((row[name] for row in rows if row[name] is not None), default=None)


def _earliest(rows: Iterable[dict[str, Any]], name: str) -> datetime | None:
    return min((row[name] for row in rows if row[name] is not None), default=None)
