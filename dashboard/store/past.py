"""A past that is written at once, as it would stand now had it been polled: each reading in the tiers that still keep it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard import keeping
from dashboard.models import Cluster, Layout, Subject
from dashboard.rolling import Rows
from dashboard.store import chunks, readings, roll_up, upkeep
from dashboard.tiers import DAY_SECONDS, Tier, settled_before


@dataclass(frozen=True)
class Seams:
    """Which ticks are in which tier."""

    kept_since: dict[Tier, int]
    containers_since: int
    """Of rolled-up figures of containers."""
    rolled_before: int
    """The end of the last day that is rolled up; totals are up to `settled_before`."""
    settled_before: int
    """The end of the last hour that is chunks; what is later are readings."""


def seams(now: datetime) -> Seams:
    """As they are now. One query."""
    kept = keeping.kept()
    return Seams(
        {tier: _day(now - kept.of(tier)) for tier in Tier},
        _day(now - kept.container_hours),
        (int(now.timestamp()) - roll_up.OVER_SECONDS) // DAY_SECONDS * DAY_SECONDS,
        settled_before(now.timestamp()),
    )


def _day(moment: datetime) -> int:
    return int(moment.timestamp()) // DAY_SECONDS * DAY_SECONDS


def write(layout: tuple[str, ...], kind: Subject.Kind, rows: Rows, at: Seams) -> int:
    """Write all readings of some subjects of a kind, sorted by subject and tick; returns how many chunks and readings.

    Memory: some twenty times that of the values while it runs, so give no more than a million at once.
    """
    row = Layout(pk=readings.layout_id(layout), names=list(layout))
    rolled = rows.where(rows.ticks < (at.settled_before if kind in roll_up.TOTALS else at.rolled_before))
    least = at.containers_since if kind == Subject.Kind.CONTAINER else 0
    since = {tier: max(tick, least) for tier, tick in at.kept_since.items()}
    packed = [chunk for chunk in roll_up.roll_rows(row, rolled) if chunk.begins_at >= since[Tier(chunk.tier)]]
    settled = rows.where((rows.ticks >= at.kept_since[Tier.RAW]) & (rows.ticks < at.settled_before))
    packed += chunks.packed(Tier.RAW, row.pk, settled)
    fresh = rows.where(rows.ticks >= at.settled_before)
    return chunks.write(packed) + readings.write_many(
        layout, zip(fresh.ticks.tolist(), fresh.subjects.tolist(), fresh.values.tolist(), strict=True)
    )


def finish(cluster: Cluster, at: Seams) -> None:
    """Note how far this cluster's past is in chunks and rolled up, once all of it is written."""
    upkeep.note_done(upkeep.Job.ROLL_UP, at.rolled_before, cluster_id=cluster.pk)
    upkeep.note_done(upkeep.Job.COMPACTION, at.settled_before, cluster_id=cluster.pk)
