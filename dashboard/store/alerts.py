"""What operators do with alerts: take them, and give them back. All else is written by `alerts.evaluate`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from dashboard.hostile_text import NO_TEXT, is_storable
from dashboard.models import Alert, Event
from dashboard.store import bulk

AT_ONCE = 500
"""So many alerts may be taken at a time: databases limit how many ids a statement may hold."""
ACKNOWLEDGED = "Acknowledged"
"""The word of this state in events, beside the labels of `Alert.State`."""
LONGEST_NOTE = 500
TAKEN = ("acknowledged_by", "acknowledged_at", "note")


@transaction.atomic
def acknowledge(alerts: Sequence[Alert], user: User, note: str, now: datetime) -> int:
    """The user has these alerts from now on, also those somebody else had; no reminder is owed of them any more.

    Alerts of one cluster that still fire; others are left alone. Returns how many were taken. ValidationError says why none
    could be, or what is wrong with the note. Four queries.
    """
    if len(note) > LONGEST_NOTE:
        raise ValidationError(f"The note is {len(note)} characters long: at most {LONGEST_NOTE} are kept. Shorten it.")
    if not is_storable(note):
        raise ValidationError(NO_TEXT)
    found = _firing(alerts)
    if not found:
        raise ValidationError("None of these alerts fires any more, so there is nothing to take.")
    events = [_event(alert, _word(alert), ACKNOWLEDGED, user, now) for alert in found]
    for alert in found:
        alert.acknowledged_by, alert.acknowledged_at, alert.note = user, now, note.strip()
    bulk.update(found, TAKEN)
    bulk.insert(events)
    return len(found)


@transaction.atomic
def give_back(alerts: Sequence[Alert], user: User, now: datetime) -> int:
    """Nobody has these alerts any more; returns how many somebody had. ValidationError where nobody had one. Four queries."""
    found = [alert for alert in _firing(alerts) if alert.acknowledged_at is not None]
    if not found:
        raise ValidationError("Nobody has any of these alerts, so there is nothing to give back.")
    events = [_event(alert, ACKNOWLEDGED, alert.get_state_display(), user, now) for alert in found]
    for alert in found:
        alert.acknowledged_by, alert.acknowledged_at, alert.note = None, None, ""
    bulk.update(found, TAKEN)
    bulk.insert(events)
    return len(found)


def _firing(alerts: Sequence[Alert]) -> list[Alert]:
    if len(alerts) > AT_ONCE:
        raise ValidationError(f"These are {len(alerts)} alerts: at most {AT_ONCE} can be changed at a time.")
    rows = Alert.objects.select_for_update(of=("self",)).select_related("rule")
    fired = (Alert.State.FIRING, Alert.State.RECOVERING)
    return list(rows.filter(pk__in=[alert.pk for alert in alerts], state__in=fired, ended_at=None).order_by("pk"))


def _word(alert: Alert) -> str:
    return ACKNOWLEDGED if alert.acknowledged_at is not None else alert.get_state_display()


def _event(alert: Alert, before: str, after: str, user: User, now: datetime) -> Event:
    return Event(
        cluster_id=alert.cluster_id,
        kind=Event.Kind.ALERT,
        subject=alert.rule.key,
        name=alert.sentence,
        place=(alert.host or alert.name)[:255],
        before=before,
        after=after,
        taken_at=now,
        seen_at=now,
        alert=alert,
        by=user.get_username(),
    )
