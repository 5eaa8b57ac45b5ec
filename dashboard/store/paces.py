"""How often each source of each cluster is asked: the operator's multiple of its own period, or a longer one of Day Two's.

Day Two lengthens a period where the cluster cannot keep up with it and says why; it comes back in steps once polls are
quick again. Every change is an event. What the rules are stands in `dashboard.pace`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import QuerySet

from collectors.errors import ANSWERED
from collectors.sources import SOURCES_BY_NAME, Source
from dashboard import figures, pace
from dashboard.models import Cluster, Collection, Event, Pace, Poll
from dashboard.pace import Took
from dashboard.store import shards
from dashboard.store.writing import Writing

Periods = Mapping[tuple[int, str], int]
"""Seconds, by cluster id and name of the source; those that are as usual are not in it."""
SIZED = "summary"
LOOKED_AT = 8
"""So many slots before a poll tell whether it is one of several that were slow, skipped ones between them included."""


def unusual() -> Periods:
    """Every period that is not the source's own. One query for all clusters."""
    rows = Pace.objects.values_list("cluster", "source", "period_seconds")
    return {(cluster, source): seconds for cluster, source, seconds in rows}


def period_of(cluster_id: int, source: Source, known: Periods) -> int:
    """How often this source of this cluster is asked, in seconds."""
    return known.get((cluster_id, source.name), source.period_seconds)


def set_factor(cluster: Cluster, source: Source, factor: int, now: datetime) -> None:
    """The operator's multiple, one of `pace.factors`. What Day Two lengthened beyond it stays so until polls are quick again."""
    allowed = pace.factors(source.period_seconds)
    if factor not in allowed:
        raise ValueError(f"{factor} is none of {', '.join(map(str, allowed))}")
    row = _row(cluster, source, now)
    if row.factor == factor:
        return
    row.factor = factor
    least = source.period_seconds * factor
    longer = row.period_seconds if row.reason else 0
    row.reason = row.reason if longer > least else ""
    _change(Writing(cluster=cluster, tick=0, now=now), row, max(least, longer), why="as set in the settings")
    _expect(row)


def follow(writing: Writing, poll: Poll) -> None:
    """Lengthen or shorten the source's period by how this poll went, which has just been ended. Three queries or more."""
    source = SOURCES_BY_NAME[poll.source]
    row = _row(writing.cluster, source, writing.now)
    least = source.period_seconds * row.factor
    if shards.period_seconds(poll) == row.period_seconds:
        wanted, reason = _longer(poll, row.period_seconds)
        if wanted > row.period_seconds:
            row.reason = reason
            _change(writing, row, wanted, why=reason)
        elif row.period_seconds > least and _quick(poll, row.period_seconds):
            _come_back(writing, row, poll, least)
    _expect(row, poll)


def _row(cluster: Cluster, source: Source, now: datetime) -> Pace:
    known = Pace.objects.filter(cluster=cluster, source=source.name).first()
    return known or Pace(cluster=cluster, source=source.name, period_seconds=source.period_seconds, since=now)


def _longer(poll: Poll, period_seconds: int) -> tuple[int, str]:
    """The period the poll asks for, with the reason; the present one and nothing where it is long enough."""
    if poll.source == SIZED and poll.bytes_read > pace.LARGE_BYTES and period_seconds < pace.LARGE_SECONDS:
        size, most = figures.byte_size(poll.bytes_read), figures.byte_size(pace.LARGE_BYTES)
        return pace.LARGE_SECONDS, f"one answer is {size}: over {most} it is asked for once a minute"
    if _keeps_up(poll, period_seconds):
        return period_seconds, ""
    before = list(_before(poll).order_by("-due_at")[:LOOKED_AT])
    ran = [took for one in (poll, *before) if one.outcome in ANSWERED and (took := _took(one)) is not None]
    same = [took for took in ran if took.period_seconds == period_seconds]
    if pace.too_slow(same):
        return pace.longer(period_seconds), _too_short(same[0].seconds, period_seconds)
    skipped = before[: pace.SKIPPED_SLOTS]
    if len(skipped) == pace.SKIPPED_SLOTS and all(one.started_at is None for one in skipped):
        return _after_skipping(poll, skipped[-1], before[len(skipped) :], period_seconds)
    return period_seconds, ""


def _before(poll: Poll) -> QuerySet[Poll]:
    return Poll.objects.filter(cluster=poll.cluster_id, source=poll.source, shard=poll.shard, due_at__lt=poll.due_at)


def _keeps_up(poll: Poll, period_seconds: int) -> bool:
    """Whether this poll alone tells that the period is long enough: it was not slow, and the slot before it was taken."""
    took = _took(poll)
    if poll.outcome not in ANSWERED or took is None or took.ratio > pace.SLOW_RATIO:
        return False
    return list(_before(poll).order_by("-due_at").values_list("started_at", flat=True)[:1]) != [None]


def _after_skipping(poll: Poll, oldest: Poll, before: Sequence[Poll], period_seconds: int) -> tuple[int, str]:
    """Slots that nobody took: the one before them was still running, or all workers were busy. None at work is no reason."""
    running = next((one for one in before if one.started_at is not None), None)
    if running is not None and running.ended_at is not None and running.ended_at > oldest.due_at:
        took = _took(running)
        return pace.longer(period_seconds), _too_short(took.seconds if took else 0.0, period_seconds)
    worked = Poll.objects.filter(ended_at__gt=oldest.due_at, started_at__isnull=False).exclude(pk=poll.pk)
    if worked.exists():
        return pace.longer(period_seconds), f"no worker was free for {pace.SKIPPED_SLOTS} polls in a row"
    return period_seconds, ""


def _too_short(seconds: float, period_seconds: int) -> str:
    return f"polls take {figures.took(seconds)} of {figures.duration(period_seconds)}: the interval is too short"


def _took(poll: Poll) -> Took | None:
    if poll.started_at is None or poll.ended_at is None:
        return None
    return Took((poll.ended_at - poll.started_at).total_seconds(), shards.period_seconds(poll))


def _quick(poll: Poll, period_seconds: int) -> bool:
    """Whether this poll and all of the slots before it were quick. No query where this one was not."""
    if not _was_quick(poll, period_seconds):
        return False
    slots = pace.QUICK_POLLS - 1
    before = list(
        Poll.objects.filter(
            cluster=poll.cluster_id, source=poll.source, due_at__lt=poll.due_at, period_seconds=period_seconds
        ).order_by("-due_at")[: slots * poll.shards]
    )
    return len({one.due_at for one in before}) >= slots and all(_was_quick(one, period_seconds) for one in before)


def _was_quick(poll: Poll, period_seconds: int) -> bool:
    took = _took(poll)
    return poll.outcome in ANSWERED and took is not None and took.seconds < pace.QUICK_RATIO * period_seconds


def _come_back(writing: Writing, row: Pace, poll: Poll, least: int) -> None:
    if poll.source == SIZED and poll.bytes_read > pace.SMALL_BYTES:
        least = max(least, pace.LARGE_SECONDS)
    seconds = pace.shorter(row.period_seconds, least)
    if seconds < row.period_seconds:
        row.reason = row.reason if seconds > least else ""
        _change(writing, row, seconds, why="polls are quick again")


def _change(writing: Writing, row: Pace, seconds: int, *, why: str) -> None:
    """Give the source this period, and tell it where it is another one."""
    before, row.period_seconds = row.period_seconds, seconds
    if before != seconds:
        row.since = writing.now
        writing.event(
            Event.Kind.PACE, row.source, name=why, before=str(before), after=str(seconds), taken_at=writing.now
        )
    row.save()


def _expect(row: Pace, poll: Poll | None = None) -> None:
    """Judge the age of the source's figures by its period: by a longer one at once, by a shorter one only when all shards
    of a slot in it have ended, since what was asked for less often is not late because of that. Two queries at most.
    """
    whole = Collection.objects.filter(cluster=row.cluster, source=row.source, host="")
    held = whole.values_list("period_seconds", flat=True).first() or SOURCES_BY_NAME[row.source].period_seconds
    if held < row.period_seconds or (held > row.period_seconds and poll is not None and _all_asked(row, poll)):
        whole.update(period_seconds=row.period_seconds)


def _all_asked(row: Pace, poll: Poll) -> bool:
    if shards.period_seconds(poll) != row.period_seconds:
        return False
    slot = Poll.objects.filter(cluster=poll.cluster_id, source=poll.source, due_at=poll.due_at)
    return not slot.filter(ended_at=None).exists()
