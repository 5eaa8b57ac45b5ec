"""One container: what it is, what it is nested in and holds, how reading it went, and the numbers it was last measured by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite

from collectors.sources.container_lists import is_id
from dashboard.models import Cluster, Collection, Container, ProcessFlags, Subject
from dashboard.queries import containers, freshness
from dashboard.queries.containers import SOURCE, ContainerRow
from dashboard.queries.newest import last_read

MOST_CHILDREN = 200
LONGEST_KEY = 255
KEPT_OF_LONG = 214


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

    @property
    def container(self) -> Container:
        return self.row.container


def one(cluster: Cluster, host: str, container_id: str, now: datetime) -> Found | None:
    """The container, or None where there never was one or it is forgotten. Seven queries, eight of a nested one, one more of
    one that was last measured hours ago."""
    if not is_id(container_id):
        return None
    here = Container.objects.filter(cluster=cluster, host=host).defer("counters")
    own = here.filter(container_id=container_id).first()
    if own is None:
        return None
    parent = here.filter(container_id=own.parent_id).first() if own.parent_id else None
    children = here.filter(parent_id=container_id).order_by("-listed_at", "container_id")[:MOST_CHILDREN]
    subject = _subject(cluster, host, container_id)
    source = freshness.of(cluster, now)[SOURCE]
    return Found(
        row=containers.row(own, source, now),
        parent=containers.row(parent, source, now) if parent else None,
        children=tuple(sorted((containers.row(child, source, now) for child in children), key=_running_first)),
        # Its own agent's: the one with a port, where there are two.
        collected=containers.askings(cluster, host, agent_id=own.agent_id).order_by("-host").first(),
        flags=_flags(cluster, host),
        subject=subject,
        latest=_latest(subject) if subject else {},
    )


def _running_first(row: ContainerRow) -> tuple[bool, str]:
    return row.ended, row.name.lower()


def _flags(cluster: Cluster, host: str) -> Mapping[str, str] | None:
    found = ProcessFlags.objects.filter(cluster=cluster, host=host, role=ProcessFlags.Role.AGENT)
    of_agents = list(found.values_list("flags", flat=True)[:2])
    return of_agents[0] if len(of_agents) == 1 else None


def _subject(cluster: Cluster, host: str, container_id: str) -> int | None:
    """A key that is too long for its column ends in a digest: then it is the one that begins like this, if it is alone."""
    text = f"{host}/{container_id}"
    found = Subject.objects.filter(cluster=cluster, kind=Subject.Kind.CONTAINER)
    if len(text) <= LONGEST_KEY:
        return found.filter(key=text).values_list("pk", flat=True).first()
    alike = list(found.filter(key__startswith=f"{text[:KEPT_OF_LONG]}#").values_list("pk", flat=True)[:2])
    return alike[0] if len(alike) == 1 else None


def _latest(subject: int) -> dict[str, float]:
    newest = last_read([subject])
    if newest is None:
        return {}
    return {name: value for name, value in zip(newest.names, newest.values.tolist(), strict=True) if isfinite(value)}
