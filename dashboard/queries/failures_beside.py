"""What happened beside the failures: components that were not well, alerts that fired, notes that were written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q

from dashboard.models import Alert, Cluster, Event, IncidentNote, Severity, UnitState
from dashboard.models.components import Health
from dashboard.queries import marks
from dashboard.queries.happenings import Link
from dashboard.queries.marks import Mark
from dashboard.queries.unit_history import BY_LABEL
from dashboard.queries.window import Window

MOST_EVENTS = 4_000
MOST_ROWS = 200
NOT_WELL = (Health.UNHEALTHY, Health.WARNING)
NOTE = Mark("note", "Note")


class What(StrEnum):
    COMPONENT = "Component"
    ALERT = "Alert"
    NOTE = "Note"


@dataclass(frozen=True, kw_only=True)
class Beside:
    """Something that lasted from `begins_at` to `ends_at`; None: it still does. A note lasts no time."""

    what: What
    mark: Mark
    name: str
    host: str
    """Of which node it is, where it is of one."""
    short: str
    """A word or two for the drawing."""
    begins_at: datetime
    ends_at: datetime | None
    link: Link = ()


@dataclass(frozen=True)
class Found:
    """Newest first. `more` of them are not shown: there were more than anybody reads."""

    rows: tuple[Beside, ...]
    more: int


def beside(cluster: Cluster, window: Window) -> Found:
    """Components, alerts and notes of a window. Four queries."""
    rows = [*components(cluster, window), *alerts(cluster, window), *notes(cluster, window)]
    rows.sort(key=lambda row: row.begins_at, reverse=True)
    return Found(tuple(rows[:MOST_ROWS]), max(0, len(rows) - MOST_ROWS))


def components(cluster: Cluster, window: Window, host: str = "") -> list[Beside]:
    """Stretches in which a unit of a node was unhealthy or warned. One that began before the window has its own beginning
    where it goes on, else the window's. Of one node where `host` is given. Two queries."""
    found = Event.objects.filter(
        cluster=cluster, kind=Event.Kind.UNIT_HEALTH, taken_at__gt=window.starts_at, taken_at__lte=window.ends_at
    )
    latest = (found.filter(place=host) if host else found).order_by("-taken_at", "-id")
    events = list(latest.values_list("subject", "place", "name", "before", "taken_at")[:MOST_EVENTS])
    stretches = list(_ended(reversed(events), max(window.starts_at, cluster.created_at)))
    return [*stretches, *_still(cluster, window, host)]


def _ended(events: Iterable[tuple[str, str, str, str, datetime]], first: datetime) -> Iterable[Beside]:
    """Of events oldest first: each end of a bad time, from its beginning, or from `first` where that was before."""
    since: dict[tuple[str, str], datetime] = {}
    for unit, host, name, was, taken_at in events:
        before = BY_LABEL.get(was)
        if before in NOT_WELL:
            yield _component(name, unit, host, before, since.get((unit, host), first), taken_at)
        since[unit, host] = taken_at


def _still(cluster: Cluster, window: Window, host: str) -> Iterable[Beside]:
    bad = UnitState.objects.filter(
        component__cluster=cluster, health__in=NOT_WELL, since__lte=window.ends_at
    ).select_related("component", "node")
    if host:
        bad = bad.filter(node__host=host)
    for one in bad.defer("output").order_by("-since")[:MOST_ROWS]:
        unit = one.component
        yield _component(unit.name, unit.unit, one.node.host, Health(one.health), one.since, None)


def _component(
    name: str, unit: str, host: str, health: Health, begins_at: datetime, ends_at: datetime | None
) -> Beside:
    return Beside(
        what=What.COMPONENT,
        mark=marks.HEALTH[health],
        name=f"{name} on {host}",
        host=host,
        short=f"{name} {host}",
        begins_at=begins_at,
        ends_at=ends_at,
        link=("unit_on_node", unit, host),
    )


def alerts(cluster: Cluster, window: Window, host: str = "") -> list[Beside]:
    """Those that fired in the window, from when they fired; silenced ones muted. One query."""
    going_on = Q(ended_at=None) | Q(ended_at__gte=window.starts_at)
    found = Alert.objects.filter(going_on, cluster=cluster, fired_at__isnull=False, fired_at__lte=window.ends_at)
    found = (found.filter(host=host) if host else found).select_related("rule").order_by("-fired_at", "-id")
    return [_alert(alert, alert.fired_at) for alert in found[:MOST_ROWS] if alert.fired_at is not None]


def _alert(alert: Alert, fired_at: datetime) -> Beside:
    mark = marks.SEVERITY[Severity(alert.severity)]
    return Beside(
        what=What.ALERT,
        mark=Mark("mute", "Silenced") if alert.silence_id else mark,
        name=alert.sentence,
        host=alert.host,
        short=f"{alert.rule.name} {alert.name or alert.subject}".strip(),
        begins_at=fired_at,
        ends_at=alert.ended_at,
        link=("alert", str(alert.pk)),
    )


def notes(cluster: Cluster, window: Window) -> list[Beside]:
    """What operators wrote about incidents. One query."""
    found = IncidentNote.objects.filter(
        incident__cluster=cluster, at__gt=window.starts_at, at__lte=window.ends_at
    ).order_by("-at", "-id")
    return [
        Beside(
            what=What.NOTE,
            mark=NOTE,
            name=f"{note.by}: {note.text}",
            host="",
            short=f"note: {note.text}",
            begins_at=note.at,
            ends_at=note.at,
            link=("incident", str(note.incident_id)),
        )
        for note in found[:MOST_ROWS]
    ]
