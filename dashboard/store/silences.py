"""Silences and maintenance: made, ended, repeated by operators; over when their time is up. Each with its event."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from dashboard import matching
from dashboard.hostile_text import NO_TEXT, is_storable
from dashboard.models import Cluster, Event, Silence

LONGEST = timedelta(days=366)
LONGEST_WHY = 500
PLANNED, ACTIVE, ENDED = "Planned", "Active", "Ended"
"""The words of its states in events."""


@transaction.atomic
def create(
    cluster: Cluster,
    *,
    matcher: str,
    why: str,
    begins_at: datetime,
    ends_at: datetime,
    user: User,
    now: datetime,
    kind: str = Silence.Kind.SILENCE,
    tell_at_end: bool = True,
) -> Silence:
    """A new silence or maintenance; one that would have begun before `now` begins now.

    ValidationError has a sentence for each of the fields matcher, why, begins_at, ends_at, kind that cannot be kept.
    """
    wrong = {
        "matcher": _wrong_words(matcher, kind),
        "why": _wrong_why(why),
        "ends_at": _wrong_end(max(begins_at, now), ends_at, now),
        "kind": "" if kind in Silence.Kind.values else f"Say which it is: {' or '.join(Silence.Kind.values)}.",
    }
    if any(wrong.values()):
        raise ValidationError({field: sentence for field, sentence in wrong.items() if sentence})
    silence = Silence.objects.create(
        cluster=cluster,
        kind=kind,
        matcher=" ".join(matcher.split()) if '"' not in matcher else matcher.strip(),
        why=why.strip(),
        by=user.get_username(),
        created_at=now,
        begins_at=max(begins_at, now),
        ends_at=ends_at,
        tell_at_end=tell_at_end,
    )
    _tell(silence, "", PLANNED if silence.begins_at > now else ACTIVE, user.get_username(), now)
    return silence


@transaction.atomic
def end(silence: Silence, user: User, now: datetime) -> Silence:
    """End it before its time, or cancel one that is planned. ValidationError where it is over already."""
    locked = Silence.objects.select_for_update().get(pk=silence.pk)
    if locked.ended_at is not None or locked.ends_at <= now:
        raise ValidationError("It is over already.")
    locked.ended_at, locked.ended_by = now, user.get_username()
    locked.save(update_fields=["ended_at", "ended_by"])
    _tell(locked, PLANNED if locked.begins_at > now else ACTIVE, ENDED, user.get_username(), now)
    return locked


def repeat(silence: Silence, user: User, now: datetime) -> Silence:
    """The same again from now on, as long as it was meant to be. Raises as `create` does."""
    return create(
        silence.cluster,
        matcher=silence.matcher,
        why=silence.why,
        begins_at=now,
        ends_at=now + (silence.ends_at - silence.begins_at),
        user=user,
        now=now,
        kind=silence.kind,
        tell_at_end=silence.tell_at_end,
    )


def running(cluster: Cluster, now: datetime) -> dict[int, Silence]:
    """Those that hold now, and those that ended while alerts are still marked with them; by key.

    One whose time is up is noted as ended, with its event. One query, and one for each that ends.
    """
    marked = Q(alerts__ended_at=None, alerts__isnull=False)
    rows = Silence.objects.filter(Q(ended_at=None) | marked, cluster=cluster, begins_at__lte=now).distinct()
    found = {silence.pk: silence for silence in rows.order_by("pk")}
    for silence in found.values():
        if silence.ended_at is None and silence.ends_at <= now:
            silence.ended_at = silence.ends_at
            silence.save(update_fields=["ended_at"])
            _tell(silence, ACTIVE, ENDED, "", silence.ends_at, seen_at=now)
    return found


def _tell(silence: Silence, before: str, after: str, by: str, at: datetime, *, seen_at: datetime | None = None) -> None:
    Event.objects.create(
        cluster_id=silence.cluster_id,
        kind=Event.Kind.SILENCE,
        subject=str(silence.pk),
        name=silence.matcher,
        place=silence.get_kind_display(),
        before=before,
        after=after,
        taken_at=at,
        seen_at=seen_at or at,
        by=by,
    )


def _wrong_words(matcher: str, kind: str) -> str:
    if not is_storable(matcher):
        return NO_TEXT
    try:
        words = [word for word, _ in matching.parse(matcher).pairs]
    except ValueError as error:
        return str(error)
    if kind == Silence.Kind.MAINTENANCE and (strange := next((w for w in words if w not in matching.PLACES), None)):
        return f"Maintenance is of nodes: leave {strange} out, or make a silence. Its words are node and zone."
    return ""


def _wrong_why(why: str) -> str:
    if not why.strip():
        return "Say why: the next person on call reads it."
    if not is_storable(why):
        return NO_TEXT
    return f"At most {LONGEST_WHY} characters are kept: shorten it." if len(why) > LONGEST_WHY else ""


def _wrong_end(begins_at: datetime, ends_at: datetime, now: datetime) -> str:
    if ends_at <= now:
        return "It would be over already: choose an end that is to come."
    if ends_at <= begins_at:
        return "It would end before it begins: choose a later end."
    return "" if ends_at - begins_at <= LONGEST else "It would last for over a year: choose an earlier end."
