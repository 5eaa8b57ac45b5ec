"""When a tick's totals are written, of sources whose answers come in shards.

They are written when the last of the tick's shards has ended, or a deadline after the tick without those that have not; a
shard that ends later writes them again. They are worked out of that tick's readings alone, so whoever writes last is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from dashboard.models import Cluster, Poll, Reading, Subject
from dashboard.store import container_totals, shards, use_totals
from dashboard.store.writing import Writing
from dashboard.tiers import settled_before

DEADLINE = timedelta(seconds=45)
"""Or three quarters of a longer period, whose shards are asked over the first half of it."""


class Totals(NamedTuple):
    kind: Subject.Kind
    """Of the subjects they are of."""
    write: Callable[[Writing], int]


TOTALS: Mapping[str, Totals] = {
    use_totals.SOURCE: Totals(use_totals.KIND, use_totals.write),
    container_totals.SOURCE: Totals(container_totals.KIND, container_totals.write),
}
"""By the source they are made of."""


def poll_ended(writing: Writing, poll: Poll) -> None:
    """Write the tick's totals if this poll was the last of it, or came after its deadline."""
    if poll.source not in TOTALS or _is_settled(writing.tick, writing.now):
        return
    if writing.now >= poll.due_at + _deadline(poll) or not _waits_for_others(poll):
        TOTALS[poll.source].write(writing)


def _waits_for_others(poll: Poll) -> bool:
    if poll.shards == 1:
        return False
    same = Poll.objects.filter(cluster=poll.cluster_id, source=poll.source, due_at=poll.due_at)
    return same.filter(ended_at=None).exists()


def write_overdue(now: datetime) -> None:
    """Write the totals of ticks that wait for a shard past their deadline and have none yet. One query where none does."""
    waiting = Poll.objects.filter(source__in=TOTALS, ended_at=None, due_at__lte=now - DEADLINE)
    overdue = (poll for poll in waiting.order_by("due_at") if now >= poll.due_at + _deadline(poll))
    ticks = {(poll.cluster_id, poll.source, poll.due_at): poll for poll in overdue}
    for (cluster, source, due_at), poll in ticks.items():
        tick, totals = int(due_at.timestamp()), TOTALS[source]
        if _is_settled(tick, now) or tick % shards.period_seconds(poll) or _written(cluster, tick, totals.kind):
            continue
        with transaction.atomic():
            locked = Cluster.objects.select_for_update().get(pk=cluster)
            totals.write(Writing(cluster=locked, tick=tick, now=now, poll=poll))


def _is_settled(tick: int, now: datetime) -> bool:
    """Whether the tick's readings may be chunks already: totals of those that are left would be too small."""
    return tick < settled_before(now.timestamp())


def _deadline(poll: Poll) -> timedelta:
    return max(DEADLINE, 0.75 * timedelta(seconds=shards.period_seconds(poll)))


def _written(cluster: int, tick: int, kind: Subject.Kind) -> bool:
    return Reading.objects.filter(tick=tick, subject__cluster=cluster, subject__kind=kind).exists()
