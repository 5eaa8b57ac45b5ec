"""One day of the audit in words: what there was, how it was, what it held, what happened. All of it as it was signed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from dashboard import figures
from dashboard.auditing import days
from dashboard.models import Cluster, Event, Node
from dashboard.pages import audit, paging
from dashboard.pages.access import role
from dashboard.queries import audit_entries, happenings, marks
from dashboard.queries.audit_changes import AMOUNTS
from dashboard.queries.marks import Mark
from dashboard.roles import Role

EVENTS, AGENTS = 200, 100
Said = Mapping[str, Any]
"""A part of an entry."""


@dataclass(frozen=True, kw_only=True)
class Amount:
    """One resource, as it is written on the page; the last three over the hours that are known of the day."""

    name: str
    total: str
    allocated: str
    used: str
    least: str
    mean: str
    most: str
    hours: int


def page(request: HttpRequest, cluster_name: str, day: str) -> HttpResponse:
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    entry = audit_entries.of_day(cluster, audit.day_named(day))
    if entry is None:
        raise Http404("There is no entry of this day.")
    found = days.of([entry])[0]
    said = days.content(found)
    before, after = audit_entries.around(cluster, entry.number)
    context = {
        "cluster": cluster,
        "now": now,
        "found": found,
        "entry": entry,
        "before": before,
        "after": after,
        "may_download": role(request) >= Role.OPERATOR,
        "crumbs": [("Audit", reverse("audit", args=[cluster.name])), (entry.day.isoformat(), "")],
        **({} if said is None else _told(request, said)),
    }
    return render(request, "pages/audit_day.html", context)


def _told(request: HttpRequest, said: Said) -> dict[str, Any]:
    events, components = said["events"], said["health"]["components"] or {}
    asked = {name: request.GET.get(name, "") for name in ("page", "agents")}
    return {
        "said": said,
        "verdict": said["health"]["verdict"],
        "counts": list(_counts(said["inventory"])),
        "versions": [(marks_of, value) for marks_of, value in _versions(said["inventory"]["versions"])],
        "agents": paging.cut(
            [_agent(agent) for agent in said["inventory"]["agents"]],
            asked["agents"],
            {"page": asked["page"]},
            most=AGENTS,
            name="agents",
        ),
        "amounts": [_amount(said["capacity"], resource) for resource in AMOUNTS],
        "day_from": _moment(said["capacity"]["day"]["begins_at"]),
        "day_to": _moment(said["capacity"]["day"]["ends_at"]),
        "events": paging.cut(
            [_event(event) for event in events["listed"]], asked["page"], {"agents": asked["agents"]}, most=EVENTS
        ),
        "events_more": events["count"] - len(events["listed"]),
        "sick": components.get("not_healthy", []),
        "sick_count": components.get("not_healthy_count", len(components.get("not_healthy", []))),
        "summary_at": _moment(said["capacity"]["now"]["taken_at"]),
        "use_at": _moment(said["capacity"]["now"]["use_taken_at"]),
    }


def _counts(inventory: Said) -> Iterator[tuple[str, str]]:
    """What there was, counted; agents by their state."""
    states = Counter(agent["state"] for agent in inventory["agents"])
    by_state = ", ".join(
        f"{figures.count(count)} {_state(state).word.lower()}" for state, count in states.most_common()
    )
    zones = {(agent["region"], agent["zone"]) for agent in inventory["agents"] if agent["zone"]}
    yield "Masters", _many(inventory["masters"], "host")
    yield "Agents", by_state or figures.ABSENT
    yield "Zones", figures.count(len(zones))
    yield "Frameworks", _many(inventory["frameworks"], "name")
    yield "Roles", _many([role for role in inventory["roles"] if role["listed"]], "name")
    if "apps" in inventory:
        yield "Apps", _many(inventory["apps"], "app_id")
    yield "Components", figures.count(len(inventory["components"]))
    yield "Processes whose flags are known", figures.count(len(inventory["flags"]))


def _many(rows: list[Said], name: str) -> str:
    """The number, with a few names."""
    named = ", ".join(str(row[name]) for row in rows[:5])
    return f"{figures.count(len(rows))}{f': {named}' if named else ''}{' …' if len(rows) > 5 else ''}"


def _versions(versions: Said) -> Iterator[tuple[str, str]]:
    for key, what in (("dcos", "DC/OS"), ("dcos_variant", "Variant"), ("mesos", "Mesos")):
        if versions[key]:
            yield what, versions[key]


def _agent(agent: Said) -> dict[str, Any]:
    attributes = ", ".join(f"{name}={value}" for name, value in sorted(agent["attributes"].items()))
    return {**agent, "mark": _state(agent["state"]), "attributes_said": attributes}


def _state(state: str) -> Mark:
    return marks.AGENT[Node.State(state)] if state in Node.State else Mark("note", state)


def _amount(capacity: Said, resource: str) -> Amount:
    """Least, mean and most are of what was allocated."""
    name, said = AMOUNTS[resource]
    now = capacity["now"]
    of_day = capacity["day"]["figures"].get(_column(resource)) or {}
    return Amount(
        name=name,
        total=said(now["total"][resource]),
        allocated=said(now["allocated"][resource]),
        used=_used(now, resource, said),
        least=said(of_day.get("min")),
        mean=said(of_day.get("mean")),
        most=said(of_day.get("max")),
        hours=of_day.get("hours", 0),
    )


def _used(now: Said, resource: str, said: Callable[[float | None], str]) -> str:
    used, measured = now["used"].get(resource), now["measured"].get(resource)
    return figures.ABSENT if used is None else f"{said(used)} of {said(measured)} measured"


def _column(resource: str) -> str:
    return f"{resource.removesuffix('_bytes')}_allocated{'_bytes' if resource.endswith('_bytes') else ''}"


def _event(row: Said) -> dict[str, Any]:
    """The event as a sentence; one of a kind that this version does not know, as it was written."""
    taken_at = datetime.fromisoformat(row["taken_at"])
    columns = {name: row[name] for name in ("kind", "subject", "name", "place", "before", "after", "by")}
    try:
        told = happenings.told(Event(pk=row["number"], taken_at=taken_at, **columns))
    except (KeyError, ValueError):
        return {"taken_at": taken_at, "mark": "note", "text": f"{row['kind']}: {row['name'] or row['subject']}"}
    return {"taken_at": taken_at, "mark": told.mark, "text": told.text}


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
