"""Incidents as rows: what following the events found of them, and what operators do to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import structlog
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from dashboard.hostile_text import NO_TEXT, is_storable
from dashboard.models import Cluster, Event, Incident, IncidentEvent, IncidentNote, Watch

log = structlog.get_logger("daytwo.incidents")

State = Incident.State
LONGEST_NOTE = 1000
COLUMNS = [
    *("kind", "kind_reason", "name", "state", "planned", "planned_reason", "effect", "tasks_at_risk"),
    *("tasks_running_before", "tasks_failed", "failures", "began_at", "last_good_at", "declared_at"),
    *("last_failed_at", "timeout_seconds", "timeout_reason", "rescheduled_at", "ended_at", "cause", "cause_reason"),
]
"""What following changes of an incident that is there: never who has taken it, nor what it is about."""


def write(incidents: Sequence[Incident]) -> int:
    """Write new and changed incidents; returns how many were. Three statements at most; where one fails each row
    is written alone, so that one that cannot be written is logged and costs no other."""
    new = [one for one in incidents if one._state.adding]
    over = [one for one in incidents if not one._state.adding and one.ended_at is not None] if new else []
    # A cause may be as new as its effect, and has its id only then.
    causes = [(one, one.cause) for one in (*over, *new)]
    for one in (*over, *new):
        one.cause = None
    # Of one subject only one may be open: what is over makes room.
    _write(over, lambda: _bring_up_to_date(over))
    written = _write(new, lambda: Incident.objects.bulk_create(new))
    for one, cause in causes:
        one.cause = cause
    were_new = {id(one) for one in new}
    known = [one for one in incidents if id(one) not in were_new]
    caused = [one for one in new if one.cause is not None and not one._state.adding]
    for one in (again := [*known, *caused]):
        one.cause_id = one.cause.pk if one.cause else None
    _write(again, lambda: _bring_up_to_date(again))
    return written + len(known)


def _bring_up_to_date(known: Sequence[Incident]) -> None:
    """All of them are there, so that nothing is inserted; an UPDATE of many rows at once costs a multiple of this."""
    Incident.objects.bulk_create(known, update_conflicts=True, unique_fields=["id"], update_fields=COLUMNS)


def _write(rows: Sequence[Incident], at_once: Callable[[], object]) -> int:
    if not rows:
        return 0
    adding = [one._state.adding for one in rows]
    try:
        with transaction.atomic():
            at_once()
    except DatabaseError:
        return sum(_write_alone(one, new=new) for one, new in zip(rows, adding, strict=True))
    return len(rows)


def _write_alone(incident: Incident, *, new: bool) -> bool:
    incident._state.adding = new
    try:
        with transaction.atomic():
            incident.save(force_insert=new)
    except DatabaseError:
        incident._state.adding = new
        log.exception("incident could not be written", about=incident.about, subject=incident.subject)
        return False
    return True


def link(pairs: Iterable[tuple[Incident, Event, str]]) -> None:
    """Attach events to incidents that have been written, each once. One query, none where there are none."""
    rows = [IncidentEvent(incident=one, event=event, reason=why) for one, event, why in pairs if not one._state.adding]
    if rows:
        IncidentEvent.objects.bulk_create(rows, ignore_conflicts=True)


def watch_of(cluster: Cluster) -> Watch:
    """How far this cluster was looked at, made when it never was. One query, more the first time; under the cluster's lock."""
    found = Watch.objects.filter(cluster=cluster).first()
    return found or Watch.objects.get_or_create(cluster=cluster)[0]


def move(watch: Watch, event_id: int, now: datetime) -> None:
    """Note that the events up to this one became incidents. It never goes back. One query."""
    watch.followed_event_id, watch.followed_at = max(event_id, watch.followed_event_id), now
    watch.save(update_fields=["followed_event_id", "followed_at"])


def take(incident: Incident, user: User, now: datetime) -> Incident:
    """Say that this user sees to it, instead of whoever did. ValidationError where it is over."""
    with transaction.atomic():
        locked = _open(incident)
        locked.taken_by, locked.taken_at = user, now
        locked.save(update_fields=["taken_by", "taken_at"])
        _note(locked, user, "Taken", now)
    return locked


def give_back(incident: Incident, user: User, now: datetime) -> Incident:
    """Say that nobody sees to it any more. ValidationError where nobody did, or it is over."""
    with transaction.atomic():
        locked = _open(incident)
        if locked.taken_by is None:
            raise ValidationError("Nobody has it.")
        locked.taken_by = locked.taken_at = None
        locked.save(update_fields=["taken_by", "taken_at"])
        _note(locked, user, "Given back", now)
    return locked


def close(incident: Incident, user: User, now: datetime) -> Incident:
    """End it whatever the cluster says: what goes on makes no new one, only what fails anew. ValidationError where it is over."""
    with transaction.atomic():
        locked = _open(incident)
        locked.state, locked.ended_at = State.CLOSED, max(now, locked.began_at)
        locked.save(update_fields=["state", "ended_at"])
        _note(locked, user, "Closed", now)
    return locked


def note(incident: Incident, user: User, text: str, now: datetime) -> IncidentNote:
    """Write something down about it, open or not. ValidationError where it is empty or too long."""
    text = text.strip()
    if not text:
        raise ValidationError("Write something.")
    if len(text) > LONGEST_NOTE:
        raise ValidationError(f"At most {LONGEST_NOTE} characters are kept: shorten it.")
    if not is_storable(text):
        raise ValidationError(NO_TEXT)
    return _note(incident, user, text, now)


def _note(incident: Incident, user: User, text: str, now: datetime) -> IncidentNote:
    return IncidentNote.objects.create(incident=incident, at=now, by=user.get_username(), text=text)


def _open(incident: Incident) -> Incident:
    """The incident as it is now, locked. Following holds the cluster's lock first, so this asks for that too."""
    Cluster.objects.select_for_update(no_key=True).get(pk=incident.cluster_id)
    locked = Incident.objects.select_related("taken_by").get(pk=incident.pk)
    if locked.ended_at is not None:
        raise ValidationError("It is over already.")
    return locked
