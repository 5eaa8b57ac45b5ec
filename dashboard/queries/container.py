"""One container: what it is, what it is nested in and holds, how reading it went, and the numbers it was last measured by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite

from django.db.models import F

from collectors.sources.container_lists import is_id
from dashboard import subject_keys
from dashboard.models import Cluster, Collection, Container, ProcessFlags, Subject
from dashboard.queries import containers, containers_now, freshness
from dashboard.queries.containers import SOURCE, ContainerRow
from dashboard.queries.freshness import SourceAge
from dashboard.queries.newest import last_read

MOST_CHILDREN = 200
RUNNING_FIRST = F("ended_at").desc(nulls_first=True)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A container with what its page says of it."""

    row: ContainerRow
    parent: ContainerRow | None
    children: tuple[ContainerRow, ...]
    """Nested right below it, those that run first."""
    collected: Collection | None
    """How asking its agent for containers ended; None where it was never asked by itself."""
    flags: Mapping[str, str] | None
    """Those its agent was started with; None where they are not known, or not of which of its host's agents."""
    subject: int | None
    """The id of its readings' subject."""
    latest: Mapping[str, float]
    """Every number of its newest reading by name; empty where none is kept."""
    sources: Mapping[str, SourceAge]

    @property
    def container(self) -> Container:
        return self.row.container


def one(cluster: Cluster, host: str, container_id: str, now: datetime) -> Found | None:
    """The container, or None where there never was one or it is forgotten. Eight queries, nine of a nested one, one more
    of one that was last measured hours ago."""
    if not is_id(container_id):
        return None
    here = Container.objects.filter(cluster=cluster, host=host).defer("counters")
    own = here.filter(container_id=container_id).first()
    if own is None:
        return None
    parent = here.filter(container_id=own.parent_id).first() if own.parent_id else None
    children = here.filter(parent_id=container_id).order_by(RUNNING_FIRST, "container_id")[:MOST_CHILDREN]
    family = containers_now.brought_up(cluster, [*([parent] if parent else []), *children, own])
    subject = _subject(cluster, host, container_id)
    sources = freshness.of(cluster, now)
    source = sources[SOURCE]
    return Found(
        row=containers.row(family[-1], source, now),
        parent=containers.row(parent, source, now) if parent else None,
        children=tuple(
            sorted((containers.row(child, source, now) for child in family[bool(parent) : -1]), key=_running_first)
        ),
        # Its own agent's: the one with a port, where there are two.
        collected=containers.askings(cluster, host, agent_id=own.agent_id).order_by("-host").first(),
        flags=_flags(cluster, host),
        subject=subject,
        latest=_latest(subject) if subject else {},
        sources=sources,
    )


def _running_first(row: ContainerRow) -> tuple[bool, str]:
    return row.ended, row.name.lower()


def _flags(cluster: Cluster, host: str) -> Mapping[str, str] | None:
    found = ProcessFlags.objects.filter(cluster=cluster, host=host, role=ProcessFlags.Role.AGENT)
    of_agents = list(found.values_list("flags", flat=True)[:2])
    return of_agents[0] if len(of_agents) == 1 else None


def _subject(cluster: Cluster, host: str, container_id: str) -> int | None:
    key = subject_keys.key_of(f"{host}/{container_id}")
    found = Subject.objects.filter(cluster=cluster, kind=Subject.Kind.CONTAINER, key=key)
    return found.values_list("pk", flat=True).first()


def _latest(subject: int) -> dict[str, float]:
    newest = last_read([subject])
    if newest is None:
        return {}
    return {name: value for name, value in zip(newest.names, newest.values.tolist(), strict=True) if isfinite(value)}
