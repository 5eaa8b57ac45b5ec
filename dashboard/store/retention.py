"""What is deleted by age, in ranges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.contrib.sessions.models import Session
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from dashboard import keeping
from dashboard.keeping import Kept
from dashboard.models import (
    AgentProcess,
    Alert,
    AlertGroup,
    App,
    Attempt,
    Chunk,
    Collection,
    Container,
    ContainerListing,
    Deployment,
    Event,
    Framework,
    Incident,
    Machine,
    Master,
    Node,
    NodeHealth,
    Notice,
    Poll,
    ProcessFlags,
    Reading,
    Role,
    Silence,
    Subject,
    Task,
    Upkeep,
)
from dashboard.store import audit, deletion, tasks, upkeep
from dashboard.store.components import NOT_LISTED
from dashboard.store.unit_states import MISSING_KEPT

T = TypeVar("T", bound=Model)

GONE_KEPT = timedelta(days=7)
"""Agents, frameworks and masters that no answer lists any more stay so long: their end is part of the story.

They go because later answers left them out, never because there were none: a paused cluster keeps what it had.
"""
POLLS_KEPT = timedelta(hours=48)
ENDED_KEPT = timedelta(hours=48)
"""A container that ended is found so long, as are its readings by default."""
DEPLOYMENTS_KEPT = timedelta(days=30)
A_DAY = timedelta(days=1)
"""Figures go by whole days, and when a subject was seen is known to some minutes."""
UNASKED_KEPT = timedelta(days=1)
"""How a node answered is kept so long after its source asked it last, counted while the source still asks others."""


def run(clock: Callable[[], datetime]) -> upkeep.Done | None:
    """Delete what is past its time, unless another worker does."""
    return upkeep.run(upkeep.Job.DELETION, clock, lambda held: _turn(held, clock()), lasting=upkeep.FURTHEST)


def _turn(held: Upkeep, now: datetime) -> upkeep.Done:
    deleted = prune(now, containers_since=held.done_before or 0)
    return upkeep.Done(amount=sum(deleted.values()), done_before=deletion.containers_before(now, keeping.kept()))


def prune(now: datetime, *, containers_since: int = 0) -> dict[str, int]:
    """Delete what is past its time; returns how many rows of each kind went."""
    gone_before, kept = now - GONE_KEPT, keeping.kept()
    deleted = {"chunks": deletion.delete(now, containers_since=containers_since)}
    doomed = {
        "polls": Poll.objects.filter(ended_at__lt=now - POLLS_KEPT),
        **_happened(now - kept.events),
        "agents": Node.objects.filter(state__in=Node.LEFT, last_seen__lt=gone_before),
        "frameworks": Framework.objects.filter(state=Framework.State.COMPLETED, last_seen__lt=gone_before),
        "masters": _replaced(Master, "last_seen"),
        "machines": _replaced(Machine, "answered_at"),
        "agent processes": _replaced(AgentProcess, "taken_at"),
        "flags": _replaced(ProcessFlags, "taken_at"),
        "apps": App.objects.filter(gone_at__lt=gone_before),
        "tasks": Task.objects.filter(ended_at__lt=gone_before),
        "tasks past the most": tasks.past_the_most(),
        "deployments": Deployment.objects.filter(ended_at__lt=now - DEPLOYMENTS_KEPT),
        "ended containers": Container.objects.filter(ended_at__lt=now - ENDED_KEPT),
        "containers": _left_behind(),
        "listings": _replaced(ContainerListing, "answered_at"),
        "nodes": NodeHealth.objects.filter(reason=NOT_LISTED, taken_at__lt=now - MISSING_KEPT),
        "outcomes": _asked_no_more(),
        "sessions": Session.objects.filter(expire_date__lt=now),
        "roles": Role.objects.filter(listed=False, last_seen__lt=gone_before),
        "subjects": _measured_no_more(now, kept),
    }
    deleted |= {name: rows.delete()[0] for name, rows in doomed.items()}
    return deleted | {"audit entries": audit.forget((now - kept.audit).date() if kept.audit else None)}


def _happened(before: datetime) -> dict[str, QuerySet[Any]]:
    """What is over for so long: never what is still open, fires, silences or is owed."""
    return {
        "notices": Notice.objects.filter(created_at__lt=before).exclude(sent_at=None, dead_at=None),
        "attempts": Attempt.objects.filter(at__lt=before),
        "events": Event.objects.filter(seen_at__lt=before),
        "incidents": Incident.objects.filter(ended_at__lt=before),
        "alerts": Alert.objects.filter(ended_at__lt=before),
        "alert groups": AlertGroup.objects.filter(closed_at__lt=before),
        "silences": Silence.objects.filter(Q(ended_at__lt=before) | Q(ends_at__lt=before)),
    }


def _measured_no_more(now: datetime, kept: Kept) -> QuerySet[Subject]:
    """Subjects whose figures have all gone by age."""
    # Containers come and go by the thousand: theirs go with their figures, not with the week's end.
    containers_before = now - max(kept.container_hours, kept.raw) - A_DAY
    others_before = now - max(kept.hours, kept.five_minutes, kept.raw, GONE_KEPT) - A_DAY
    container = Q(kind__in=deletion.CONTAINERS)
    past = Q(container, last_seen__lt=containers_before) | Q(~container, last_seen__lt=others_before)
    found = Subject.objects.filter(past).exclude(Exists(Reading.objects.filter(subject=OuterRef("pk"))))
    found = found.exclude(Exists(Chunk.objects.filter(subject=OuterRef("pk"))))
    # What is below it would go with it: a machine goes after its containers.
    return found.exclude(Exists(Subject.objects.filter(parent=OuterRef("pk"))))


def _replaced(model: type[T], asked: str) -> QuerySet[T]:
    """Rows that were last asked, by the time in that column, a week before another one of their cluster."""
    rows = model._default_manager.all()
    later = rows.filter(cluster=OuterRef("cluster"), **{f"{asked}__gt": OuterRef(asked) + GONE_KEPT})
    return rows.filter(Exists(later))


def _left_behind() -> QuerySet[Container]:
    """Containers of agents that were silent for a week, counted while others of their cluster answered."""
    answering = Collection.objects.filter(
        cluster=OuterRef("cluster"),
        source="containers",
        host="",
        last_success_at__gt=OuterRef("listed_at") + GONE_KEPT,
    )
    return Container.objects.filter(Exists(answering), ended_at=None)


def _asked_no_more() -> QuerySet[Collection]:
    asking = Collection.objects.filter(
        cluster=OuterRef("cluster"),
        source=OuterRef("source"),
        host="",
        asked_at__gt=OuterRef("asked_at") + UNASKED_KEPT,
    )
    return Collection.objects.exclude(host="").filter(Exists(asking))
