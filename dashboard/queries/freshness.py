"""How old each source's figures are, and what that allows to be said of them (house, §4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from collectors.errors import Outcome
from collectors.sources import SOURCES, SOURCES_BY_NAME, Source
from dashboard import statements
from dashboard.models import Cluster, Collection

MOST_AHEAD_SECONDS = 60
"""So far the clocks of two machines that Day Two runs on may be apart."""


class Freshness(StrEnum):
    FRESH = "fresh"
    LATE = "late"
    NO_DATA = "no_data"
    NEVER = "never"
    """The source has not brought anything yet."""

    @property
    def current(self) -> bool:
        """Whether figures of this age may be called the present; late ones may, with their age."""
        return self in (Freshness.FRESH, Freshness.LATE)


def judge(sample_at: datetime | None, now: datetime, source: Source, period_seconds: int | None = None) -> Freshness:
    """Late is older than two periods and the source's own lag, no data older than three and the lag.

    The period is the one it is asked in now, which may be longer than its own (None): who is asked less often is not late.
    A time ahead of now is of a clock that was set back since, so its age is not known.
    """
    if sample_at is None:
        return Freshness.NEVER
    age_seconds = (now - sample_at).total_seconds()
    late_seconds, gone_seconds = limits_seconds(source, period_seconds)
    if age_seconds > gone_seconds or age_seconds < -MOST_AHEAD_SECONDS:
        return Freshness.NO_DATA
    return Freshness.LATE if age_seconds > late_seconds else Freshness.FRESH


def limits_seconds(source: Source, period_seconds: int | None = None) -> tuple[int, int]:
    """Above which age figures are late, and above which they are no data; for those who judge thousands at once."""
    period_seconds = period_seconds or source.period_seconds
    return 2 * period_seconds + source.lag_seconds, 3 * period_seconds + source.lag_seconds


@dataclass(frozen=True, kw_only=True)
class SourceAge:
    """One source of one cluster: how old its figures are and how its last poll ended."""

    source: Source
    period_seconds: int
    """How often its figures may be expected, by which their age is judged."""
    freshness: Freshness
    sample_at: datetime | None
    age_seconds: float | None
    outcome: Outcome | None
    """None before its first poll."""
    since: datetime | None
    last_success_at: datetime | None
    detail: str
    notes: str
    duration_seconds: float | None
    requests: int
    bytes_read: int
    failures_in_row: int

    def judge(self, sample_at: datetime | None, now: datetime) -> Freshness:
        """How far what one of its nodes said at that time may be called the present."""
        return judge(sample_at, now, self.source, self.period_seconds)


def of(cluster: Cluster, now: datetime) -> dict[str, SourceAge]:
    """Every source this kind of cluster has, in their order, by name. One query."""
    rows = {row.source: row for row in Collection.objects.filter(cluster=cluster, host="")}
    return from_rows(cluster, rows, now)


def from_rows(cluster: Cluster, rows: Mapping[str, Collection], now: datetime) -> dict[str, SourceAge]:
    """The same from rows already read (source → row of the source as a whole)."""
    return {source.name: _age(source, rows.get(source.name), now) for source in SOURCES if cluster.kind in source.kinds}


def of_one(cluster: Cluster, name: str, now: datetime) -> SourceAge | None:
    """One source; None where this kind of cluster has none of that name. One query."""
    source = SOURCES_BY_NAME[name]
    row = next(iter(statements.found(Collection, cluster_id=cluster.pk, source=name, host="")), None)
    return _age(source, row, now) if cluster.kind in source.kinds else None


def _age(source: Source, row: Collection | None, now: datetime) -> SourceAge:
    row = row or Collection(source=source.name, outcome="")
    period_seconds = row.period_seconds or source.period_seconds
    return SourceAge(
        source=source,
        period_seconds=period_seconds,
        freshness=judge(row.sample_at, now, source, period_seconds),
        sample_at=row.sample_at,
        age_seconds=None if row.sample_at is None else max(0.0, (now - row.sample_at).total_seconds()),
        outcome=Outcome(row.outcome) if row.outcome else None,
        since=row.since,
        last_success_at=row.last_success_at,
        detail=row.detail,
        notes=row.notes,
        duration_seconds=row.duration_seconds,
        requests=row.requests,
        bytes_read=row.bytes_read,
        failures_in_row=row.failures_in_row,
    )
