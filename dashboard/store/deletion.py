"""Chunks that are past their time: raw days only once they were rolled up, containers' figures before those of all others.

On PostgreSQL whole partitions go (partitions.py), so that five minutes and hours stay until their month is past its time.
"""

from __future__ import annotations

import time
from datetime import datetime

from django.db import connection, transaction
from django.db.models import OuterRef, Subquery

from dashboard import keeping
from dashboard.keeping import Kept
from dashboard.models import Chunk, Cluster, Subject, Upkeep
from dashboard.store import partitions, slices
from dashboard.tiers import DAY_SECONDS, ROLLED, Tier

CONTAINERS = (Subject.Kind.CONTAINER, Subject.Kind.APP_METRICS)
"""Kinds of subjects that come and go with containers."""
AT_ONCE = 5000
"""So many chunks go in one transaction: polls wait while it runs."""


def delete(now: datetime, *, containers_since: int = 0) -> int:
    """Delete what is past its time; returns how many chunks, and on PostgreSQL partitions, went.

    Rolled-up figures of containers stand among those of others that stay longer: they are looked for from that tick on.
    """
    kept = keeping.kept()
    # Of what is rolled up the last day stays: it tells what the next day's counters rise from.
    deleted = _before(Tier.RAW, min(_day(now - kept.raw), rolled_before() - DAY_SECONDS))
    deleted += sum(_before(tier, _day(now - kept.of(tier))) for tier in ROLLED)
    return deleted + sum(_of_containers(tier, containers_since, containers_before(now, kept)) for tier in ROLLED)


def containers_before(now: datetime, kept: Kept) -> int:
    """The tick before which containers have no rolled-up figures."""
    return _day(now - kept.container_hours)


def rolled_before() -> int:
    """The tick before which every cluster's days are rolled up. One query."""
    done = Upkeep.objects.filter(job=Upkeep.Job.ROLL_UP, cluster=OuterRef("pk")).values("done_before")
    ends = Cluster.objects.annotate(done=Subquery(done)).values_list("done", flat=True)
    return min((end or 0 for end in ends), default=0)


def _day(moment: datetime) -> int:
    """The beginning of its day: days go as a whole, so that a late reading finds all of its day to be rolled up again with."""
    return int(moment.timestamp()) // DAY_SECONDS * DAY_SECONDS


def _before(tier: Tier, tick: int) -> int:
    if partitions.used():
        return len(partitions.drop(tier, tick))
    return _rows("begins_at < %s", tier, tick)


def _of_containers(tier: Tier, since: int, tick: int) -> int:
    kinds = ", ".join(f"'{kind}'" for kind in CONTAINERS)
    containers = f"SELECT id FROM {_quoted(Subject._meta.db_table)} WHERE kind IN ({kinds})"  # noqa: S608  our own words
    return _rows(f"begins_at >= %s AND begins_at < %s AND subject_id IN ({containers})", tier, since, tick)


def _rows(where: str, tier: Tier, *ticks: int) -> int:
    """Delete these chunks of a tier, a few thousand at a time. They are looked for before the transaction that deletes them:
    among a million containers that takes a second, in which polls would wait."""
    table, key = _quoted(Chunk._meta.db_table), "subject_id, tier, begins_at"
    some = f"SELECT {key} FROM {table} WHERE tier = %s AND {where} LIMIT {AT_ONCE}"  # noqa: S608  our own words
    one = f"DELETE FROM {table} WHERE subject_id = %s AND tier = %s AND begins_at = %s"  # noqa: S608
    deleted = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(some, [int(tier), *ticks])
            found = cursor.fetchall()
            begun = time.monotonic()
            with transaction.atomic():
                cursor.executemany(one, found)
        deleted += len(found)
        if len(found) < AT_ONCE:
            return deleted
        slices.breathe(begun)


def _quoted(name: str) -> str:
    return str(connection.ops.quote_name(name))
