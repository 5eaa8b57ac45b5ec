"""Components that are not healthy, node by node, and how many of their nodes are healthy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from dashboard.models import Cluster, Event, NodeHealth, UnitState
from dashboard.models.components import Health

BAD = (Health.UNHEALTHY, Health.WARNING)
COLUMNS = ("component__unit", "component__name", "node__host", "health", "taken_at", "node__reason")


@dataclass(frozen=True, slots=True)
class UnitHere:
    """A unit on one node."""

    unit: str
    name: str
    host: str
    health: Health
    taken_at: datetime
    reason: str
    """Why nothing is known of its node; empty while something is."""


def unhealthy(cluster: Cluster) -> list[UnitHere]:
    """Every unit that is not healthy on a node, as far as that is known. One query."""
    return _here(UnitState.objects.filter(node__cluster=cluster, health__in=BAD).values_list(*COLUMNS))


def some(cluster: Cluster, places: Iterable[tuple[str, str]]) -> list[UnitHere]:
    """Those at these places (unit, host), whatever they are. One query."""
    wanted = set(places)
    units, hosts = {unit for unit, _ in wanted}, {host for _, host in wanted}
    found = UnitState.objects.filter(node__cluster=cluster, component__unit__in=units, node__host__in=hosts)
    return [one for one in _here(found.values_list(*COLUMNS)) if (one.unit, one.host) in wanted]


def _here(rows: Iterable[tuple[str, str, str, int, datetime, str]]) -> list[UnitHere]:
    return [UnitHere(unit, name, host, Health(code), at, why) for unit, name, host, code, at, why in rows]


def dark_nodes(cluster: Cluster) -> dict[str, str]:
    """Nodes whose units could not be read, with the reason. One query."""
    return dict(NodeHealth.objects.filter(cluster=cluster).exclude(reason="").values_list("host", "reason"))


def counts(cluster: Cluster, units: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Of each unit on how many nodes it is not healthy, of how many that tell. One query."""
    known = Q(health__in=(*BAD, Health.HEALTHY))
    rows = UnitState.objects.filter(known, component__cluster=cluster, component__unit__in=set(units))
    bad, told = Count("pk", filter=Q(health__in=BAD)), Count("pk")
    counted = rows.order_by().values_list("component__unit").annotate(bad=bad, told=told)
    return {unit: (sick, all_) for unit, sick, all_ in counted}


def changes(cluster: Cluster, now: datetime, within: timedelta) -> dict[tuple[str, str], tuple[str, int]]:
    """How often each unit changed on each node (unit, host), with its name; first sightings are none. One query."""
    events = Event.objects.filter(cluster=cluster, kind=Event.Kind.UNIT_HEALTH, taken_at__gt=now - within)
    told = events.exclude(before="").exclude(before=Health.NO_DATA.label).exclude(after=Health.NO_DATA.label)
    counted = told.order_by().values_list("subject", "place", "name").annotate(Count("pk"))
    return {(unit, host): (name, count) for unit, host, name, count in counted}
