"""How long history is kept: as an operator said on the Storage page, else as the settings say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from dashboard.models import Retention
from dashboard.tiers import Tier


@dataclass(frozen=True, kw_only=True)
class Kept:
    """How long each part of the store is kept."""

    raw: timedelta
    five_minutes: timedelta
    hours: timedelta
    container_hours: timedelta
    """Of hourly figures of containers, which are many; of their five minutes no longer either."""
    events: timedelta
    audit: timedelta | None
    """None: for ever."""

    def of(self, tier: Tier) -> timedelta:
        """How long a tier is kept, of containers apart."""
        return {Tier.RAW: self.raw, Tier.FIVE_MINUTES: self.five_minutes, Tier.HOURS: self.hours}[tier]


def kept() -> Kept:
    """What is in force now. One query."""
    said = Retention.objects.filter(pk=1).first() or by_settings()
    return Kept(
        raw=timedelta(hours=said.raw_hours),
        five_minutes=timedelta(days=said.five_minutes_days),
        hours=timedelta(days=said.hours_days),
        container_hours=timedelta(days=said.container_days),
        events=timedelta(days=said.events_days),
        audit=timedelta(days=said.audit_days) if said.audit_days else None,
    )


def by_settings() -> Retention:
    """What the settings say, as a row that is not saved."""
    return Retention(
        raw_hours=settings.READINGS_KEPT_HOURS,
        five_minutes_days=settings.FIVE_MINUTES_KEPT_DAYS,
        hours_days=settings.HOURS_KEPT_DAYS,
        container_days=settings.CONTAINER_HOURS_KEPT_DAYS,
        events_days=settings.EVENTS_KEPT_DAYS,
        audit_days=settings.AUDIT_KEPT_DAYS,
    )
