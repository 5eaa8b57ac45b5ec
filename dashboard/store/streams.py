"""The Stream table: which streams there are, who reads each under a lease with a fence, and how it stands.

As with slots, a lease ends unless it is renewed, so that another listener goes on where one was killed; whoever lost it finds
its fence old and writes nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from collectors.errors import Outcome
from collectors.target import Target
from dashboard.models import Cluster, Stream

LEASE = timedelta(seconds=12)
RENEW_SECONDS = 5.0
MOST_AHEAD = timedelta(seconds=60)
"""A lease that ends further ahead is of a clock that was set back since."""
LONGEST_WAIT_SECONDS = 60.0
HEALTHY_AFTER = timedelta(minutes=1)
"""A stream that was read for so long may break and be opened again at once."""


class Lost(Exception):
    """Another listener has the stream, or it is none any more: nothing of it may be written."""


def keep(cluster: Cluster, target: Target) -> None:
    """A row for each stream that the cluster has: Mesos' own and each Marathon's. Others go. One query, more where it changed."""
    wanted = {(Stream.Kind.MESOS.value, ""), *((Stream.Kind.MARATHON.value, one.key[:255]) for one in target.marathons)}
    there = {
        (kind, key): pk for pk, kind, key in Stream.objects.filter(cluster=cluster).values_list("pk", "kind", "key")
    }
    Stream.objects.bulk_create(
        (Stream(cluster=cluster, kind=kind, key=key) for kind, key in sorted(wanted - there.keys())),
        ignore_conflicts=True,
    )
    gone = [pk for of, pk in there.items() if of not in wanted]
    if gone:
        Stream.objects.filter(pk__in=gone).delete()


def keep_mesos(cluster: Cluster) -> None:
    """Where it cannot be worked out which Marathons there are, at least Mesos' own has a row that says why. One query."""
    Stream.objects.get_or_create(cluster=cluster, kind=Stream.Kind.MESOS, key="")


def free(cluster: Cluster, now: datetime) -> list[Stream]:
    """Those that nobody reads and whose turn has come."""
    due = Q(next_try_at=None) | Q(next_try_at__lte=now) | Q(next_try_at__gt=now + MOST_AHEAD + LEASE)
    return list(Stream.objects.filter(_free(now), due, cluster=cluster).order_by("pk"))


def _free(now: datetime) -> Q:
    return Q(lease_until=None) | Q(lease_until__lt=now) | Q(lease_until__gt=now + MOST_AHEAD)


def claim(stream: Stream, now: datetime) -> bool:
    """Take it, unless another listener did since it was read."""
    mine = Stream.objects.filter(_free(now), pk=stream.pk, fence=stream.fence, cluster__enabled=True)
    if not mine.update(fence=stream.fence + 1, lease_until=now + LEASE):
        return False
    stream.fence += 1
    return True


def _held(stream: Stream) -> QuerySet[Stream]:
    return Stream.objects.filter(pk=stream.pk, fence=stream.fence, lease_until__isnull=False)


def renew(stream: Stream, heard_at: datetime | None, now: datetime) -> bool:
    """Hold it for another while and note when it was last heard; False where it was lost, or its cluster paused."""
    after_a_while = {"failures_in_row": 0} if _is_healthy(stream, now) else {}
    held = _held(stream).filter(cluster__enabled=True)
    stream.heard_at = heard_at or stream.heard_at
    return bool(held.update(lease_until=now + LEASE, heard_at=stream.heard_at, **after_a_while))


def _is_healthy(stream: Stream, now: datetime) -> bool:
    if stream.outcome != Outcome.OK or stream.since is None or now - stream.since < HEALTHY_AFTER:
        return False
    was_failing, stream.failures_in_row = stream.failures_in_row > 0, 0
    return was_failing


def check_fence(stream: Stream) -> None:
    """Raise Lost unless this lease still holds. Locks the row; one that ran out, and nobody took, holds too."""
    if not _held(stream).update(lease_until=F("lease_until")):
        raise Lost("the lease passed to another listener, or the stream was removed")


def note(stream: Stream, *, opened: int, events: int, dropped: int, heard_at: datetime | None, now: datetime) -> None:
    """Note what came, with what it told; call it inside the transaction that writes that."""
    stream.heard_at = heard_at or stream.heard_at
    changed: dict[str, Any] = {
        "heard_at": stream.heard_at,
        "events": F("events") + events,
        "dropped": F("dropped") + dropped,
    }
    if opened:
        since = stream.since if stream.outcome == Outcome.OK and stream.since else now
        stream.outcome, stream.detail, stream.since = Outcome.OK, "", since
        changed |= {"opened": F("opened") + opened, "outcome": Outcome.OK, "detail": "", "since": since}
        changed["next_try_at"] = None
    _held(stream).update(**changed)


def fail(stream: Stream, outcome: Outcome, detail: str, now: datetime) -> None:
    """Give it up until its next try: at once after a while of health, then after 1, 2, 4 … 60 s, none at the same moment."""
    failures = 1 if _was_healthy(stream, now) else stream.failures_in_row + 1
    since = stream.since if stream.outcome == outcome else now
    wait = timedelta(seconds=wait_seconds(failures, random.random()))  # noqa: S311  no secret
    _held(stream).update(
        outcome=outcome,
        detail=detail[:500],
        since=since,
        failures_in_row=failures,
        next_try_at=now + wait,
        lease_until=None,
    )


def _was_healthy(stream: Stream, now: datetime) -> bool:
    return stream.outcome == Outcome.OK and stream.since is not None and now - stream.since >= HEALTHY_AFTER


def wait_seconds(failures_in_row: int, chance: float) -> float:
    """Doubled with each failure; `chance`, from 0 to 1, takes up to a fifth off, so that streams do not all come at once."""
    longest = min(LONGEST_WAIT_SECONDS, 2.0 ** min(failures_in_row - 1, 10))
    return longest * (1 - 0.2 * chance)


def release(streams: Iterable[Stream]) -> None:
    """Let others have them at once: this listener ends, or must not write for now."""
    for stream in streams:
        _held(stream).update(lease_until=None)
