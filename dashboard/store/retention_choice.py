"""How long history is to be kept, as an admin chooses it out of a few lengths: one row, and an event in each cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from dashboard.models import Cluster, Event, Retention

FOR_EVER = 0
HOURS_OF_A_DAY, DAYS_OF_A_YEAR = 24, 365


@dataclass(frozen=True)
class Length:
    """One length that can be chosen. `values` are in the unit that the name of the field says."""

    field: str
    title: str
    values: tuple[int, ...]

    def words(self, value: int) -> str:
        if self.field == "audit_days" and value == FOR_EVER:
            return "for ever"
        if self.field == "raw_hours":
            return (
                f"{value} h"
                if value % HOURS_OF_A_DAY or value <= 2 * HOURS_OF_A_DAY
                else f"{value // HOURS_OF_A_DAY} d"
            )
        if value % DAYS_OF_A_YEAR:
            return f"{value} d"
        years = value // DAYS_OF_A_YEAR
        return f"{years} year" if years == 1 else f"{years} years"

    def is_shorter(self, value: int, than: int) -> bool:
        """Whether a change from `than` to `value` deletes; 0 is for ever."""
        return value != than and value != FOR_EVER and (than == FOR_EVER or value < than)


LENGTHS = (
    Length("raw_hours", "Every sample", (24, 48, 168)),
    Length("five_minutes_days", "5-minute figures", (14, 30, 60, 90)),
    Length("hours_days", "Hourly figures", (365, 730, 1825)),
    Length("container_days", "Hourly figures of containers", (14, 30, 90)),
    Length("events_days", "Events, incidents and alerts", (365, 730, 1825)),
    Length("audit_days", "The daily audit", (730, 3650, FOR_EVER)),
)


def in_words(field: str, kept: timedelta | None) -> str:
    """How long that is, as its choice says it; None is for ever."""
    unit = timedelta(hours=1) if field == "raw_hours" else timedelta(days=1)
    length = next(one for one in LENGTHS if one.field == field)
    return length.words(FOR_EVER if kept is None else kept // unit)


@dataclass(frozen=True)
class Change:
    """One length that is to be another."""

    length: Length
    before: int
    after: int

    @property
    def deletes(self) -> bool:
        return self.length.is_shorter(self.after, self.before)

    @property
    def words(self) -> str:
        return f"{self.length.title} {self.length.words(self.before)} → {self.length.words(self.after)}"


def proposed(present: Retention, asked: Mapping[str, int]) -> Retention:
    """The present lengths with those asked for in their place, not saved. Raises ValidationError by field.

    What the settings say may stay though it is none of the choices.
    """
    wrong = {
        length.field: f"{length.title}: {', '.join(map(length.words, length.values))}."
        for length in LENGTHS
        if (value := asked.get(length.field)) is not None
        and value not in (*length.values, getattr(present, length.field))
    }
    if wrong:
        raise ValidationError(wrong)
    return Retention(**{one.field: asked.get(one.field, getattr(present, one.field)) for one in LENGTHS})


def changes(present: Retention, wanted: Retention) -> list[Change]:
    pairs = [Change(one, getattr(present, one.field), getattr(wanted, one.field)) for one in LENGTHS]
    return [pair for pair in pairs if pair.before != pair.after]


@transaction.atomic
def choose(present: Retention, asked: Mapping[str, int], *, agreed: bool, by: User, now: datetime) -> list[Change]:
    """Save what is asked for; `agreed`: that what is older goes. Returns what changed. Raises ValidationError.

    Nothing is deleted here: the next deletion does it.
    """
    wanted = proposed(present, asked)
    found = changes(present, wanted)
    if any(change.deletes for change in found) and not agreed:
        raise ValidationError("Shortening deletes what is older, for good: agree to that, or keep it.")
    if found:
        values = {one.field: getattr(wanted, one.field) for one in LENGTHS}
        Retention.objects.update_or_create(pk=1, defaults={**values, "changed_at": now, "changed_by": by})
        Event.objects.bulk_create([_event(cluster, found, by, now) for cluster in Cluster.objects.all()])
    return found


def _event(cluster: Cluster, found: list[Change], by: User, now: datetime) -> Event:
    what = "; ".join(change.words for change in found)
    kind, subject = Event.Kind.COLLECTION, Event.RETENTION
    return Event(cluster=cluster, kind=kind, subject=subject, name=what, by=by.username, taken_at=now, seen_at=now)
