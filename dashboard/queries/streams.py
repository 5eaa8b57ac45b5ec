"""How the event streams of a cluster stand: which are read, since when, what came, and why one is not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from collectors.errors import Outcome
from dashboard.models import Cluster, Stream
from dashboard.queries import reasons
from dashboard.queries.freshness import MOST_AHEAD_SECONDS
from dashboard.queries.marks import Mark

READ = Mark("good", "Read")
OPENING = Mark("unk", "Opening")
BROKEN = Mark("warn", "Not read")
NOT_OFFERED = Mark("mute", "Not offered")
NOBODY = Mark("unk", "No listener")
PAUSED = Mark("mute", "Paused")
OVERDUE_SECONDS = 15.0
"""A stream whose next try is so long overdue has no listener. One that was read has none as soon as its lease ran out, twelve
seconds after the listener's last word."""


@dataclass(frozen=True, kw_only=True)
class StreamNow:
    """One stream. Without it polls tell the same, up to their period later."""

    stream: Stream
    title: str
    state: Mark
    reason: str
    """Why it is not read; empty where it is."""
    since: datetime | None
    """Since when it is in this state; None where that is not known, as before the first attempt."""

    @property
    def is_missing(self) -> bool:
        """Whether it should be read and is not."""
        return self.state in (OPENING, BROKEN, NOBODY)

    @property
    def is_read(self) -> bool:
        return self.state is READ


def of(cluster: Cluster, now: datetime) -> list[StreamNow]:
    """Mesos' own first. One query."""
    rows = Stream.objects.filter(cluster=cluster)
    return [standing(row, cluster, now) for row in sorted(rows, key=lambda row: (row.kind != "mesos", row.key))]


def everywhere(now: datetime) -> list[StreamNow]:
    """Of every cluster that is not paused. One query."""
    rows = Stream.objects.filter(cluster__enabled=True).select_related("cluster").order_by("cluster__name", "pk")
    return [standing(row, row.cluster, now) for row in rows]


def standing(row: Stream, cluster: Cluster, now: datetime) -> StreamNow:
    state, reason = _state(row, cluster, now)
    title = "Mesos" if row.kind == Stream.Kind.MESOS else f"Marathon {row.key}"
    return StreamNow(stream=row, title=title, state=state, reason=reason, since=_since(row, state))


def _state(row: Stream, cluster: Cluster, now: datetime) -> tuple[Mark, str]:
    """What was read, was refused or is not offered is so no longer when nobody reads it and nobody tries: who could say so?"""
    is_held = _is_held(row, now)
    if not cluster.enabled:
        return PAUSED, "the cluster is paused"
    if is_held and row.outcome == Outcome.OK:
        return READ, ""
    if row.outcome not in ("", Outcome.OK) and (is_held or not _is_overdue(row, now)):
        return _not_read(row)
    if is_held:
        return OPENING, "the first answer is awaited"
    return NOBODY, "no listener reads it: is manage.py listen running?"


def _not_read(row: Stream) -> tuple[Mark, str]:
    if row.outcome == Outcome.NOT_FOUND:
        return NOT_OFFERED, f"this version has none, or does not show it: {row.detail}"
    return BROKEN, reasons.reason(row.outcome, row.detail)


def _is_held(row: Stream, now: datetime) -> bool:
    """A lease that ends far ahead is of a clock that was set back since: it holds for nobody."""
    return row.lease_until is not None and now <= row.lease_until <= now + timedelta(seconds=MOST_AHEAD_SECONDS)


def _since(row: Stream, state: Mark) -> datetime | None:
    """Of what nobody reads: since its lease ran out, its next try was due, or it was last heard."""
    if state is NOBODY:
        return row.lease_until or row.next_try_at or row.heard_at
    return row.since if state in (READ, BROKEN, NOT_OFFERED) else None


def _is_overdue(row: Stream, now: datetime) -> bool:
    """Whether its next try should long have begun; listeners look every two seconds."""
    return row.next_try_at is None or (now - row.next_try_at).total_seconds() > OVERDUE_SECONDS
