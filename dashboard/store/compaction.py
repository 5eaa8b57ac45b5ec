"""Readings of whole hours become chunks: to the bit as they were, and gone from the readings in the same transaction.

An hour is compacted when it ended an hour ago. A reading that came later is merged into its chunk at the next turn; it wins
over what the chunk has of that tick, as it would have over the reading. A database of the previous release, with readings
of two years, is nothing else than much to do: the oldest day first, a turn at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
from django.db import connection, transaction

from dashboard import codec, keeping
from dashboard.models import Chunk, Layout, Reading, Upkeep
from dashboard.rolling import Rows, Whole, joined, keys
from dashboard.store import chunks, partitions, roll_up, slices, uncompacted, upkeep
from dashboard.store.chunks import Packed
from dashboard.store.upkeep import Done
from dashboard.tiers import DAY_SECONDS, Tier, first_of, settled_before


class Taken(NamedTuple):
    """Readings, as many of each."""

    subjects: Whole
    ticks: Whole
    layouts: Whole
    data: Sequence[bytes]
    """Values as packed."""


def run(cluster_id: int, clock: Callable[[], datetime]) -> Done | None:
    """Compact the cluster's hours that have settled; None where another worker does. What it leaves, the next turn does."""
    return upkeep.run(upkeep.Job.COMPACTION, clock, lambda held: _turn(held, clock), cluster_id=cluster_id)


def _turn(held: Upkeep, clock: Callable[[], datetime]) -> Done:
    assert held.cluster_id is not None
    begun, amount = clock(), 0
    before = settled_before(begun.timestamp())
    rolled_before = upkeep.done_before(upkeep.Job.ROLL_UP, held.cluster_id) or 0
    whole_since = int((begun - keeping.kept().raw).timestamp()) // DAY_SECONDS * DAY_SECONDS
    while waiting := uncompacted.waiting(held.cluster_id, before):
        # The oldest day only: of a subject with two years of readings the next ones are found at the next look.
        day = min(found.oldest for found in waiting) // DAY_SECONDS * DAY_SECONDS
        until = min(day + DAY_SECONDS, before)
        of_day = [(found.subject, found.kind) for found in waiting if found.oldest < until]
        # Before the transactions, for who makes one waits for all who write subjects.
        partitions.make((tier, day) for tier in Tier)
        for part in slices.of(of_day):
            if clock() - begun > slices.TURN:
                return Done(amount=amount, detail=f"goes on with {roll_up.date_of(day)}")
            with transaction.atomic():
                upkeep.renew(held, clock())
                part.values = compact(part.subjects, day, until)
                amount += part.values
                # Of a day that was rolled up only as long as all of it is still there to be rolled up again.
                is_rolled = day < rolled_before or _is_begun(part.subjects, day, begun)
                if day >= whole_since if is_rolled else part.kind in roll_up.TOTALS:
                    part.values += roll_up.roll(part.subjects, day)
    return Done(amount=amount, done_before=before)


def _is_begun(subjects: Sequence[int], day: int, now: datetime) -> bool:
    """Whether some of them were rolled up already of a day that is not marked so, as one that was left in its midst is:
    the roll-up goes on behind them. One query of a day that is over, else none."""
    if day >= roll_up.over_before(now):
        return False
    of_day = Chunk.objects.filter(subject__in=subjects, begins_at__gte=day, begins_at__lt=day + DAY_SECONDS)
    return of_day.filter(tier=Tier.HOURS).exists()


def compact(subjects: Sequence[int], since: int, until: int) -> int:
    """Make chunks of the readings of these subjects in whole hours, in the caller's transaction. Returns how many values.

    Five queries, and one more for each stretch of which there are chunks already.
    """
    taken = _take(subjects, since, until)
    if not len(taken.ticks):
        return 0
    layouts = Layout.objects.in_bulk(set(taken.layouts.tolist()))
    parts = {pk: [_rows(taken, pk, len(layout.names))] for pk, layout in layouts.items()}
    for pk, rows in _stays(subjects, taken):
        parts.setdefault(pk, []).append(rows)
    packed: list[Packed] = []
    for pk, found in parts.items():
        packed += chunks.packed(Tier.RAW, pk, joined(found).in_order())
    chunks.write(packed)
    return sum(map(len, taken.data)) // 8


def _take(subjects: Sequence[int], since: int, until: int) -> Taken:
    """Delete these readings and give them back: what comes at this moment is either in both or in none."""
    table = connection.ops.quote_name(Reading._meta.db_table)
    chosen = f"FROM {table} WHERE subject_id IN ({', '.join(map(str, subjects))}) AND tick >= %s AND tick < %s"
    columns = "subject_id, tick, layout_id, data"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"DELETE {chosen} RETURNING {columns}", [since, until])
            return _taken(cursor.fetchall())
        # The transaction has the only write lock from its beginning, so nothing comes in between.
        cursor.execute(f"SELECT {columns} {chosen}", [since, until])
        taken = _taken(cursor.fetchall())
        cursor.execute(f"DELETE {chosen}", [since, until])
    return taken


def _taken(found: Sequence[tuple[int, int, int, bytes]]) -> Taken:
    of, ticks, layouts, data = zip(*found, strict=True) if found else ((), (), (), ())
    return Taken(np.array(of, np.int64), np.array(ticks, np.int64), np.array(layouts, np.int64), data)


def _stays(subjects: Sequence[int], taken: Taken) -> list[tuple[int, Rows]]:
    """By layout: what chunks of the same stretches have already, but for the ticks that were read anew; the chunks go."""
    first, last = (first_of(Tier.RAW, int(tick)) for tick in (taken.ticks.min(), taken.ticks.max()))
    end = last + Tier.RAW.span_seconds
    chosen = Chunk.objects.filter(subject__in=subjects, tier=Tier.RAW, begins_at__gte=first, begins_at__lt=end)
    found = list(chosen.values_list("subject", "begins_at", "layout", "data"))
    if not found:
        return []
    spans = taken.ticks // Tier.RAW.span_seconds * Tier.RAW.span_seconds
    begun = set(zip(taken.subjects.tolist(), spans.tolist(), strict=True))
    known, gone = defaultdict(list), defaultdict(list)
    for subject, begins_at, layout, data in found:
        if (subject, stretch := first_of(Tier.RAW, begins_at)) in begun:
            known[layout].append((subject, bytes(data)))
            gone[stretch].append(subject)
    for stretch, whose in gone.items():
        chunks.clear(whose, Tier.RAW, stretch)
    anew = keys(taken.subjects, taken.ticks)
    decoded = [(layout, _decoded(members)) for layout, members in known.items()]
    return [(layout, rows.where(~np.isin(keys(rows.subjects, rows.ticks), anew))) for layout, rows in decoded]


def _decoded(members: Sequence[tuple[int, bytes]]) -> Rows:
    """The rows of chunks of one layout, each with its subject."""
    places, ticks, values = codec.decode_many([data for _, data in members])
    return Rows(np.array([subject for subject, _ in members])[places], ticks, values, ticks)


def _rows(taken: Taken, layout: int, width: int) -> Rows:
    """Readings of one layout."""
    mine = np.flatnonzero(taken.layouts == layout)
    data = taken.data if len(mine) == len(taken.data) else [taken.data[place] for place in mine.tolist()]
    ticks = taken.ticks[mine]
    return Rows(taken.subjects[mine], ticks, codec.unpack(data, width=width), ticks)
