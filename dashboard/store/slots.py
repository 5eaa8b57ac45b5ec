"""The Poll table as a set of slots: opened once, claimed with a lease and a fence, ended once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from collectors.errors import ANSWERED, Outcome
from collectors.sources import SOURCES, SOURCES_BY_NAME, Source
from collectors.target import Kind
from dashboard import pace
from dashboard.models import Cluster, MarathonUrl, Poll
from dashboard.store import paces, shards
from dashboard.store.paces import Periods

LEASE = timedelta(seconds=12)
RESEND = timedelta(seconds=15)
"""A slot that nobody claimed so long after it was sent is sent again: its message was lost."""
MOST_SENDS = 3
MOST_CLAIMS = 2
"""A slot that workers took this often and never ended is not tried again: it may be what kills them."""
MOST_AHEAD = timedelta(seconds=60)
"""Slots further ahead are of a clock that was set back since: they have overtaken nothing."""
SAME = ("cluster_id", "source", "shard")
"""What slots that follow each other have in common."""


class Overtaken(Exception):
    """The poll may not write: its lease passed to another worker, or a newer poll has already answered."""


@dataclass(frozen=True)
class Due:
    pk: int
    expires_seconds: float


def open_due(now: datetime) -> None:
    """Open the present slot of every source of every enabled cluster; one that is open already stays as it is.

    A slot is as long, and of a sharded source divided, as it is when it is opened, whatever changes meanwhile. Seven queries;
    on SQLite one more for each 52 slots after the first.
    """
    clusters = list(Cluster.objects.filter(enabled=True).only("pk", "kind"))
    periods = paces.unusual()
    sharded = {source.name: source for source in SOURCES if source.agents_per_shard}
    divided = shards.counts(sharded.values())
    with_marathon = set(MarathonUrl.objects.values_list("cluster_id", flat=True))
    wanted = [
        _slot(cluster, source, now, periods)
        for cluster in clusters
        for source in SOURCES
        if _has(cluster, source, with_marathon)
    ]
    opened = _opened([slot for slot in wanted if slot.source in sharded])
    slots: list[Poll] = []
    for slot in wanted:
        if (slot.cluster_id, slot.source, slot.due_at) not in opened:
            slots += _divided(slot, divided.get((slot.cluster_id, slot.source), 0) if slot.source in sharded else 1)
    Poll.objects.bulk_create(slots, ignore_conflicts=True)


def _has(cluster: Cluster, source: Source, with_marathon: Collection[int]) -> bool:
    """Whether the cluster has what the source asks: DC/OS has a Marathon of its own, plain Mesos those that are registered."""
    if source.asks_marathon and cluster.kind == Kind.MESOS and cluster.pk not in with_marathon:
        return False
    return cluster.kind in source.kinds


def _slot(cluster: Cluster, source: Source, now: datetime, periods: Periods) -> Poll:
    period = paces.period_of(cluster.pk, source, periods)
    due_at = datetime.fromtimestamp(pace.slot_start(now.timestamp(), period), UTC)
    return Poll(cluster=cluster, source=source.name, due_at=due_at, period_seconds=period)


def _opened(wanted: Sequence[Poll]) -> set[tuple[int, str, datetime]]:
    """Those that are there, by cluster id, source and time: each has a first shard."""
    found = Poll.objects.filter(
        cluster__in={slot.cluster_id for slot in wanted},
        source__in={slot.source for slot in wanted},
        shard=0,
        due_at__in={slot.due_at for slot in wanted},
    )
    return set(found.values_list("cluster", "source", "due_at"))


def _divided(slot: Poll, count: int) -> list[Poll]:
    same = {
        "cluster": slot.cluster,
        "source": slot.source,
        "due_at": slot.due_at,
        "period_seconds": slot.period_seconds,
    }
    return [Poll(**same, shard=shard, shards=count) for shard in range(count)]


def open_now(cluster: Cluster, source: str, now: datetime) -> Poll:
    """A slot for a poll that an operator asks for between the ticks; the first shard of a source that has several."""
    return open_all_now(cluster, source, now)[0]


def open_all_now(cluster: Cluster, source: str, now: datetime) -> list[Poll]:
    """The same of every shard of the source, all of them due at `now`."""
    wanted = SOURCES_BY_NAME[source]
    count = shards.counts([wanted]).get((cluster.pk, source), 1) if wanted.agents_per_shard else 1
    period = paces.period_of(cluster.pk, wanted, paces.unusual())
    slots = _divided(Poll(cluster=cluster, source=source, due_at=now, period_seconds=period), count)
    for slot in slots:
        slot.sent_at, slot.sends = now, 1
    return Poll.objects.bulk_create(slots)


def put_off(poll: Poll, now: datetime) -> None:
    """Make a slot that an operator asked for due now, unless a worker has it: it had to wait for another of its source."""
    _open().filter(pk=poll.pk, fence=0).update(due_at=now, sent_at=now)


def _open() -> QuerySet[Poll]:
    return Poll.objects.filter(ended_at=None)


def _newer(now: datetime, slot: Poll | None = None) -> QuerySet[Poll]:
    """Slots of the same source that are due later than this one, else than each of those asked about."""
    asked = {name: OuterRef(name) if slot is None else getattr(slot, name) for name in (*SAME, "due_at")}
    due_after = asked.pop("due_at")
    return Poll.objects.filter(**asked, due_at__gt=due_after, due_at__lte=now + MOST_AHEAD)


def _newer_answered(now: datetime, slot: Poll | None = None) -> Exists:
    return Exists(_newer(now, slot).filter(outcome__in=ANSWERED))


def _free(now: datetime) -> Q:
    """Never leased, or leased until a moment that has passed; a lease that ends far ahead is of another clock too."""
    return Q(lease_until=None) | Q(lease_until__lt=now) | Q(lease_until__gt=now + MOST_AHEAD)


def close_stale(now: datetime) -> None:
    """End open slots that can bring nothing: overtaken by a newer answer, given up, or too old."""
    idle = _open().filter(_free(now))
    idle.filter(_newer_answered(now)).update(
        ended_at=now, outcome=Outcome.SKIPPED_OVERLAP, detail="a newer poll of this source has answered"
    )
    idle.filter(fence__gte=MOST_CLAIMS).update(
        ended_at=now, outcome=Outcome.INTERNAL_ERROR, detail=f"{MOST_CLAIMS} workers took this slot and did not end it"
    )
    idle.exclude(source__in=SOURCES_BY_NAME).update(
        ended_at=now, outcome=Outcome.MISSED, detail="this version has no such source"
    )
    untaken = [slot.pk for slot in idle.only("pk", "source", "due_at", "period_seconds") if _is_past(slot, now)]
    if untaken:
        idle.filter(pk__in=untaken).update(
            ended_at=now, outcome=Outcome.MISSED, detail="no worker took this slot in time"
        )


def _is_past(slot: Poll, now: datetime) -> bool:
    return slot.due_at < now - timedelta(seconds=2 * shards.period_seconds(slot) + 30)


def to_send(now: datetime) -> list[Due]:
    """The latest slot of each source and shard whose turn has come, unclaimed, its message never sent or lost by now.

    Older ones are not sent again: what they would bring belongs to the slot that is due since.
    """
    unsent = Q(sent_at=None) | Q(sent_at__lt=now - RESEND)
    waiting = _open().filter(_free(now), unsent, ~Exists(_newer(now)), sends__lt=MOST_SENDS, fence__lt=MOST_CLAIMS)
    due = waiting.filter(cluster__enabled=True, source__in=SOURCES_BY_NAME, due_at__lte=now + MOST_AHEAD)
    return [
        Due(poll.pk, shards.period_seconds(poll) * 0.9)
        for poll in due.only("pk", "source", "shard", "shards", "due_at", "period_seconds")
        if now >= shards.send_after(poll)
    ]


def mark_sent(poll_id: int, now: datetime) -> None:
    Poll.objects.filter(pk=poll_id).update(sent_at=now, sends=F("sends") + 1)


def claim(poll_id: int, now: datetime) -> Poll | None:
    """Take the slot, or None where it is taken, ended, overtaken, or an older slot of the same source is still running.

    One that only has to wait is sent again soon: the older one's worker may be dead, and its lease over in a moment.
    """
    slot = Poll.objects.filter(pk=poll_id).select_related("cluster").first()
    if slot is None:
        return None
    running = _open().filter(**{name: getattr(slot, name) for name in SAME}).exclude(_free(now))
    # The fence that was read: whoever raised it since has the slot, and it is known without reading it again.
    mine = _open().filter(_free(now), pk=poll_id, fence=slot.fence, fence__lt=MOST_CLAIMS)
    taken: dict[str, Any] = {"fence": slot.fence + 1, "lease_until": now + LEASE, "started_at": now}
    if not mine.filter(~Exists(running), ~_newer_answered(now, slot)).update(**taken):
        _open().filter(pk=poll_id, fence=0, sends__gt=0).update(sent_at=None, sends=F("sends") - 1)
        return None
    for name, value in taken.items():
        setattr(slot, name, value)
    return slot


def renew(poll: Poll, now: datetime) -> None:
    _open().filter(pk=poll.pk, fence=poll.fence).update(lease_until=now + LEASE)


def check_fence(poll: Poll, now: datetime) -> None:
    """Raise Overtaken unless this claim still holds the slot and nothing newer has been written. Locks the row."""
    mine = _open().filter(pk=poll.pk, fence=poll.fence)
    if not mine.filter(~_newer_answered(now, poll)).update(lease_until=F("lease_until")):
        raise Overtaken("the lease passed to another worker" if not mine.exists() else "a newer poll has answered")


def end(poll: Poll, now: datetime) -> None:
    """Close the slot with the outcome set on it."""
    poll.ended_at = now
    said = ["outcome", "detail", "requests", "bytes_read", "kept", "dropped", "sample_at"]
    poll.save(update_fields=["ended_at", *said])
