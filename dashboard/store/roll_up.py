"""Raw chunks of a day rolled up to five minutes and to hours: replaced as a whole, so that doing it again changes nothing.

Of totals today's figures are rolled up with each hour that becomes chunks, so that long trends are cheap (compaction.py); of
all other subjects a day is, once it is over and nothing of it can come any more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import numpy as np
from django.db import transaction
from django.db.models import Exists, Min, OuterRef, Subquery

from dashboard import codec
from dashboard.models import Chunk, Layout, Subject, Upkeep
from dashboard.rolling import Rows, rolled
from dashboard.store import chunks, partitions, slices, uncompacted, upkeep
from dashboard.store.chunks import Packed
from dashboard.store.upkeep import Done
from dashboard.tiers import DAY_SECONDS, HOUR_SECONDS, LATEST_SECONDS, ROLLED, Tier

Kind = Subject.Kind
TOTALS = (Kind.CLUSTER, Kind.ZONE, Kind.ROLE, Kind.FRAMEWORK, Kind.USE, Kind.CONTAINER_USE, Kind.COMPONENTS)
"""Kinds of subjects that are few, and whose long trends are asked for."""
OVER_SECONDS = LATEST_SECONDS + HOUR_SECONDS
"""A day is rolled up when it ended so long ago: nothing late is taken for it any more, and all that was is in chunks."""


def run(cluster_id: int, clock: Callable[[], datetime]) -> Done | None:
    """Roll up the days that are over, the oldest first; None where another worker does. What it leaves, the next turn does."""
    return upkeep.run(upkeep.Job.ROLL_UP, clock, lambda held: _turn(held, clock), cluster_id=cluster_id)


def _turn(held: Upkeep, clock: Callable[[], datetime]) -> Done:
    assert held.cluster_id is not None
    begun, amount = clock(), 0
    over = _over(held.cluster_id, begun)
    for day in _days(held, over):
        partitions.make((tier, day) for tier in ROLLED)
        for part in slices.of(_unrolled(held.cluster_id, day)):
            if clock() - begun > slices.TURN:
                return Done(amount=amount, detail=f"goes on with {date_of(day)}")
            with transaction.atomic():
                upkeep.renew(held, clock())
                part.values = roll(part.subjects, day)
            amount += part.values
        upkeep.advance(held, day + DAY_SECONDS)
    return Done(amount=amount, done_before=max(over, held.done_before or 0))


def over_before(now: datetime) -> int:
    """The end of the last day that is over."""
    return (int(now.timestamp()) - OVER_SECONDS) // DAY_SECONDS * DAY_SECONDS


def _over(cluster_id: int, now: datetime) -> int:
    """The end of the last day that is over, and whose readings are all in chunks."""
    over = over_before(now)
    left = [found.oldest for found in uncompacted.waiting(cluster_id, over)]
    return min([over, *(tick // DAY_SECONDS * DAY_SECONDS for tick in left)])


def _days(held: Upkeep, over: int) -> Iterator[int]:
    """Days with raw chunks since the last that was done. One query each: days in which nothing was measured cost nothing."""
    raw = Chunk.objects.filter(subject__cluster=held.cluster_id, tier=Tier.RAW, begins_at__lt=over)
    while True:
        first = raw.filter(begins_at__gte=held.done_before or 0).aggregate(first=Min("begins_at"))["first"]
        if first is None:
            return
        yield first // DAY_SECONDS * DAY_SECONDS


def _unrolled(cluster_id: int, day: int) -> list[tuple[int, str]]:
    """Subjects, and their kinds, with raw chunks of the day and none of hours. One query."""
    of_day = Chunk.objects.filter(subject=OuterRef("pk"), begins_at__gte=day, begins_at__lt=day + DAY_SECONDS)
    found = Subject.objects.filter(Exists(of_day.filter(tier=Tier.RAW)), cluster=cluster_id)
    found = found.exclude(Exists(of_day.filter(tier=Tier.HOURS)))
    return list(found.order_by("kind", "pk").values_list("pk", "kind"))


def roll(subjects: Sequence[int], day: int) -> int:
    """Roll up the raw chunks of these subjects' day, in the caller's transaction. Returns how many values. Seven queries."""
    alike: dict[int, list[Raw]] = defaultdict(list)
    for raw in sorted([*_of_day(subjects, day), *_before(subjects, day)]):
        alike[raw[2]].append(raw)
    layouts = Layout.objects.in_bulk(alike)
    for tier in ROLLED:
        chunks.clear(subjects, tier, day)
    packed: list[Packed] = []
    amount = 0
    for layout, found in alike.items():
        rows = _rows(found)
        amount += rows.values.size
        packed += roll_rows(layouts[layout], rows, since=day)
    chunks.write(packed)
    return amount


Raw = tuple[int, int, int, bytes | memoryview]
"""Subject, beginning, layout, bytes of a raw chunk."""


def _of_day(subjects: Sequence[int], day: int) -> Iterator[Raw]:
    found = Chunk.objects.filter(
        subject__in=subjects, tier=Tier.RAW, begins_at__gte=day, begins_at__lt=day + DAY_SECONDS
    )
    return found.values_list("subject", "begins_at", "layout", "data").iterator()


def _before(subjects: Sequence[int], day: int) -> list[Raw]:
    """The last raw chunk of each before the day: what its counters rise from. Two queries."""
    earlier = Chunk.objects.filter(subject=OuterRef("pk"), tier=Tier.RAW, begins_at__lt=day)
    last = earlier.order_by("-begins_at").values("begins_at")[:1]
    at = dict(Subject.objects.filter(pk__in=subjects).annotate(last=Subquery(last)).values_list("pk", "last"))
    found = Chunk.objects.filter(subject__in=subjects, tier=Tier.RAW, begins_at__in=set(at.values()) - {None})
    return [raw for raw in found.values_list("subject", "begins_at", "layout", "data") if raw[1] == at[raw[0]]]


def _rows(found: Sequence[Raw]) -> Rows:
    """The rows of raw chunks of one layout, in order."""
    places, ticks, values = codec.decode_many([bytes(data) for *_, data in found])
    # An older version that still runs may have put a late reading beside a chunk that reaches over its tick.
    return Rows(np.array([subject for subject, *_ in found])[places], ticks, values, ticks).in_order()


def roll_rows(layout: Layout, rows: Rows, *, since: int = 0, tiers: Sequence[Tier] = ROLLED) -> Iterator[Packed]:
    """Chunks of these tiers out of readings of one layout, sorted by subject and tick; what is older than `since`, the
    beginning of a day, only tells what counters rose from."""
    steps = [tier.step_seconds for tier in tiers]
    for tier, coarse in zip(tiers, rolled(tuple(layout.names), rows, steps, since=since), strict=True):
        yield from chunks.packed(tier, layout.pk, coarse)


def date_of(day: int) -> str:
    return f"{datetime.fromtimestamp(day, UTC):%Y-%m-%d}"
