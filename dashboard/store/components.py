"""Component health: the nodes of a report and its units; what changed becomes events.

A node that diagnostics could not read makes its units NO_DATA, it does not leave them as they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Max

from collectors.records import HealthReport, UnitOnNode
from collectors.records import NodeHealth as Reported
from dashboard.models import Component, Event, NodeHealth, Subject
from dashboard.models.components import Health, worst
from dashboard.store import readings, unit_states
from dashboard.store.writing import Writing

NOT_PULLED = "diagnostics on this node did not answer"
NO_UNITS = "diagnostics answers but reports no units"
NOT_LISTED = "the report no longer lists this node"
NOT_READ = "its units could not be read for half an hour"
UNREAD_KEPT = timedelta(minutes=30)
"""In a large cluster a node is read every ten minutes; what was read three turns ago is not the present any more."""
LONGEST_NAME = 60
"""A description longer than this is a sentence, not a name."""
COUNTED = tuple(Health)
COUNT_LAYOUT = (*(f"components_{health.name.lower()}" for health in COUNTED), "sample.age_seconds")


def write(writing: Writing, report: HealthReport) -> int:
    """Write one report; returns how many unit states it gave."""
    nodes = _write_nodes(writing, report)
    components = _write_components(writing, report)
    written = unit_states.write(writing, report, nodes, components)
    Component.objects.filter(cluster=writing.cluster, states=None).delete()
    _write_counts(writing, written.healths, taken_at=report.taken_at)
    return written.given


def _write_counts(writing: Writing, healths: Mapping[int, set[int]], *, taken_at: datetime) -> None:
    """A reading of how many components are how: each counts once, as its worst state over its nodes."""
    worsts = [worst(found) for found in healths.values()]
    age = writing.tick - taken_at.timestamp()
    values = [*(worsts.count(code) for code in COUNTED), age]
    readings.write(writing.tick, COUNT_LAYOUT, [(counts_subject(writing, taken_at), values)])


def counts_subject(writing: Writing, taken_at: datetime) -> int:
    """The subject that the counts of components are about."""
    key = (Subject.Kind.COMPONENTS.value, "")
    return readings.subjects(writing.cluster, {key: "component health"}, seen_at=taken_at)[key]


def _reason(reported: Reported) -> str:
    if reported.units is None and reported.asked:
        return NO_UNITS if reported.health == Health.HEALTHY else NOT_PULLED
    return ""


def _write_nodes(writing: Writing, report: HealthReport) -> dict[str, NodeHealth]:
    rows = {row.host: row for row in NodeHealth.objects.filter(cluster=writing.cluster)}
    unread = _unread(writing, report)
    for reported in report.nodes:
        row = rows.setdefault(
            reported.host,
            NodeHealth(cluster=writing.cluster, host=reported.host, health=-1, since=report.taken_at),
        )
        row.role, row.hostname, row.mesos_id = reported.role[:16], reported.hostname, reported.mesos_id
        if reported.asked:
            row.reason = _reason(reported)
        elif reported.host in unread:
            row.reason = NOT_READ
        row.taken_at = report.taken_at
        code = unit_states.code_of(reported.health)
        _set_node(writing, row, Health.NO_DATA if row.reason else code, at=report.taken_at)
    for host in rows.keys() - {reported.host for reported in report.nodes}:
        rows[host].reason = NOT_LISTED
        _set_node(writing, rows[host], Health.NO_DATA, at=report.taken_at)
    NodeHealth.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["cluster", "host"],
        update_fields=["role", "hostname", "mesos_id", "health", "since", "taken_at", "reason"],
    )
    return {row.host: row for row in NodeHealth.objects.filter(cluster=writing.cluster)}


def _unread(writing: Writing, report: HealthReport) -> set[str]:
    """Hosts whose units were read too long ago; where the report brings every node's units none is looked for."""
    if all(reported.asked for reported in report.nodes):
        return set()
    read = NodeHealth.objects.filter(cluster=writing.cluster).annotate(read_at=Max("units__taken_at"))
    return set(read.filter(read_at__lt=report.taken_at - UNREAD_KEPT).values_list("host", flat=True))


def _set_node(writing: Writing, row: NodeHealth, health: int, *, at: datetime) -> None:
    if row.health == health:
        return
    # A node that turns unhealthy does so through a unit, whose own event says it; only darkness is the node's.
    if row.health != -1 and Health.NO_DATA in (row.health, health):
        writing.event(
            Event.Kind.NODE_HEALTH,
            row.host,
            name=row.host,
            before=Health(row.health).label,
            after=Health(health).label,
            taken_at=at,
        )
    row.health, row.since = health, at


def _write_components(writing: Writing, report: HealthReport) -> dict[str, Component]:
    named: dict[str, UnitOnNode] = {}
    for reported in report.nodes:
        for unit in reported.units or ():
            named.setdefault(unit.unit, unit)
    Component.objects.bulk_create(
        [
            Component(
                cluster=writing.cluster,
                unit=unit.unit,
                name=display_name(unit),
                description=unit.description,
                first_seen=report.taken_at,
            )
            for unit in named.values()
        ],
        update_conflicts=True,
        unique_fields=["cluster", "unit"],
        update_fields=["name", "description"],
    )
    return {row.unit: row for row in Component.objects.filter(cluster=writing.cluster)}


def display_name(unit: UnitOnNode) -> str:
    """The cluster's own name of a unit; newer DC/OS gives the unit's id in its place where systemd's text has no colon."""
    if unit.name and unit.name != unit.unit:
        return unit.name
    return unit.description if 0 < len(unit.description) <= LONGEST_NAME else friendly_name(unit.unit)


def friendly_name(unit: str) -> str:
    """What DC/OS's own UI falls back to when systemd gave no name: no prefix, title case, DNS in capitals."""
    words = unit.removeprefix("dcos-").rpartition(".")[0].replace("-", " ").title() or unit
    return words.replace("Dns", "DNS")
