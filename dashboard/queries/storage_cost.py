"""What a length of history costs: what each part takes a day, times the days for which it would be kept.

It is computed from what is measured and from how far each part reaches back; new nodes and containers would add to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.db.models import Min

from dashboard import keeping
from dashboard.models import AuditEntry, Chunk, Event, Retention, StoredSize
from dashboard.tiers import DAY_SECONDS, Tier

Part = StoredSize.Part
CONTAINER_5MIN, CONTAINER_HOURS = "container_5min", "container_hours"
WHOLE_DAYS = 1.0
"""Days go as a whole, so that each part reaches up to one more day back."""
LEAST_DAYS = 0.5
FURTHEST_DAYS = 3650
HOURS_OF_A_DAY = 24.0


@dataclass(frozen=True)
class Stretch:
    """One part of the history: what it takes now, and how many days of it there are."""

    title: str
    bytes: float
    days: float
    kept_days: float | None
    """None: for ever."""

    @property
    def per_day(self) -> float:
        return self.bytes / self.days

    def after(self, days: float) -> float:
        """Bytes after so many days, when each day takes as much as it did; a shorter time deletes at once."""
        reach = self.days + days
        return self.per_day * (reach if self.kept_days is None else min(reach, self.kept_days + WHOLE_DAYS))

    @property
    def deleted_bytes(self) -> float:
        return max(0.0, self.bytes - self.after(0))


@dataclass(frozen=True)
class Cost:
    """What lengths come to. `rest` is what they do not change."""

    stretches: Sequence[Stretch]
    rest_bytes: float

    def after(self, days: float) -> float:
        return self.rest_bytes + sum(one.after(days) for one in self.stretches)

    @property
    def settles_after_days(self) -> float | None:
        """When every part has its length; None while one is kept for ever and grows."""
        if any(one.kept_days is None and one.bytes for one in self.stretches):
            return None
        return max((max(0.0, (one.kept_days or 0) + WHOLE_DAYS - one.days) for one in self.stretches), default=0.0)

    @property
    def grows_per_day(self) -> float:
        """On the next day, of the parts that have not reached their length."""
        return self.after(1) - self.after(0)

    def full_after_days(self, room: float) -> int | None:
        """On which day it is larger than that; None: not within 10 years."""
        if self.after(FURTHEST_DAYS) <= room:
            return None
        low, high = 0, FURTHEST_DAYS
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self.after(middle) > room else (middle + 1, high)
        return low


@dataclass(frozen=True)
class Basis:
    """What costs are computed from: bytes of each part, and since when each reaches back."""

    sizes: Mapping[str, StoredSize]
    since: Mapping[str, datetime | None]
    now: datetime

    @property
    def why_unknown(self) -> str:
        """Empty where a cost can be computed."""
        if Part.RAW not in self.sizes or Part.ALL not in self.sizes:
            return "The store has not been measured yet."
        short = [tier for tier in (Part.RAW, Part.FIVE_MINUTES, Part.HOURS) if self._days(tier) < LEAST_DAYS]
        return "It is known once the first day is over and rolled up." if short else ""

    def _days(self, part: str) -> float:
        since = self.since.get(part)
        return 0.0 if since is None else (self.now - since).total_seconds() / DAY_SECONDS

    def cost(self, kept: Retention) -> Cost:
        """Where `why_unknown` is empty."""
        five, hours = kept.five_minutes_days, kept.hours_days
        parts = [
            self._stretch("Every sample", Part.RAW, kept.raw_hours / HOURS_OF_A_DAY),
            self._stretch("5-minute figures", Part.FIVE_MINUTES, five, without=CONTAINER_5MIN),
            self._stretch("Hourly figures", Part.HOURS, hours, without=CONTAINER_HOURS),
            self._stretch("5-minute figures of containers", CONTAINER_5MIN, min(five, kept.container_days)),
            self._stretch("Hourly figures of containers", CONTAINER_HOURS, min(hours, kept.container_days)),
            self._stretch("Events, incidents and alerts", Part.EVENTS, kept.events_days),
            self._stretch("Daily audit", Part.AUDIT, kept.audit_days or None),
        ]
        rest = self._bytes(Part.ALL) - sum(one.bytes for one in parts)
        return Cost(parts, max(0.0, rest))

    def _stretch(self, title: str, part: str, kept_days: float | None, *, without: str = "") -> Stretch:
        size = self._bytes(part) - (self._bytes(without) if without else 0)
        return Stretch(title, max(0.0, size), max(LEAST_DAYS, self._days(part)), kept_days)

    def _bytes(self, part: str) -> float:
        row = self.sizes.get(part)
        return float(row.bytes) if row else 0.0


def present() -> Retention:
    """What is in force: the saved row, else what the settings say as one that is not saved. One query."""
    return Retention.objects.select_related("changed_by").filter(pk=1).first() or keeping.by_settings()


def basis(sizes: Mapping[str, StoredSize], now: datetime) -> Basis:
    """Six queries, each the first entry of an index."""
    since: dict[str, datetime | None] = {
        Part.RAW: _first(Tier.RAW),
        Part.FIVE_MINUTES: _first(Tier.FIVE_MINUTES),
        Part.HOURS: _first(Tier.HOURS),
        Part.EVENTS: Event.objects.order_by("pk").values_list("seen_at", flat=True).first(),
    }
    day = AuditEntry.objects.aggregate(first=Min("day"))["first"]
    since[Part.AUDIT] = None if day is None else datetime.combine(day, time(), UTC)
    kept = present()
    since[CONTAINER_5MIN] = _of_containers(since[Part.FIVE_MINUTES], now, kept)
    since[CONTAINER_HOURS] = _of_containers(since[Part.HOURS], now, kept)
    return Basis(sizes, since, now)


def _first(tier: Tier) -> datetime | None:
    return _moment(Chunk.objects.filter(tier=tier).aggregate(first=Min("begins_at"))["first"])


def _of_containers(since: datetime | None, now: datetime, kept: Retention) -> datetime | None:
    """Since when containers are there: as the tier, and no longer than they are kept. To look for the first of them would be
    to read the tier."""
    return since and max(since, now - timedelta(days=kept.container_days + WHOLE_DAYS))


def _moment(tick: int | None) -> datetime | None:
    return None if tick is None else datetime.fromtimestamp(tick, UTC)
