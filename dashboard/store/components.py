"""Component health: units, nodes, and each unit on each node; what changed becomes events.

A node that diagnostics could not read makes its units NO_DATA, it does not leave them as they were (product.md, 6.10).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from collectors.records import HealthReport, UnitOnNode
from collectors.records import NodeHealth as Reported
from dashboard.models import Component, Event, NodeHealth, Subject, UnitState
from dashboard.models.components import Health, worst
from dashboard.store import readings
from dashboard.store.writing import Writing

NOT_PULLED = "diagnostics on this node did not answer"
NO_UNITS = "diagnostics answers but reports no units"
NOT_LISTED = "the report no longer lists this node"
LONGEST_NAME = 60
"""A description longer than this is a sentence, not a name."""
MISSING_KEPT = timedelta(hours=24)
COUNTED = tuple(Health)
COUNT_LAYOUT = (*(f"components_{health.name.lower()}" for health in COUNTED), "sample.age_seconds")
CODES = {code.value for code in (Health.HEALTHY, Health.UNHEALTHY, Health.WARNING)}


def write(writing: Writing, report: HealthReport) -> int:
    """Write one report; returns how many unit states it gave. A fixed number of queries."""
    nodes = _write_nodes(writing, report)
    components = _write_components(writing, report)
    states = {
        (state.component_id, state.node_id): state
        for state in UnitState.objects.filter(component__cluster=writing.cluster).select_related("component", "node")
    }
    first_look = not states
    given = 0
    for reported in report.nodes:
        node = nodes[reported.host]
        for unit in reported.units or ():
            component = components[unit.unit]
            state = states.get((component.pk, node.pk)) or UnitState(
                component=component, node=node, since=report.taken_at, health=-1
            )
            states[component.pk, node.pk] = _update(writing, state, unit, at=report.taken_at, silent=first_look)
            given += 1
    _darken(writing, states, at=report.taken_at)
    _miss_units(writing, report, nodes, components, states)
    UnitState.objects.bulk_create(
        states.values(),
        update_conflicts=True,
        unique_fields=["component", "node"],
        update_fields=["health", "since", "last_known", "output", "taken_at"],
    )
    _write_counts(writing, states, taken_at=report.taken_at)
    return given


def _write_counts(writing: Writing, states: dict[tuple[int, int], UnitState], *, taken_at: datetime) -> None:
    """A reading of how many components are how: each counts once, as its worst state over its nodes."""
    found: dict[int, list[int]] = {}
    for (component, _), state in states.items():
        found.setdefault(component, []).append(state.health)
    worsts = [worst(healths) for healths in found.values()]
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
    for reported in report.nodes:
        row = rows.setdefault(
            reported.host,
            NodeHealth(cluster=writing.cluster, host=reported.host, health=-1, since=report.taken_at),
        )
        row.role, row.hostname, row.mesos_id = reported.role, reported.hostname, reported.mesos_id
        if reported.asked:
            row.reason = _reason(reported)
        row.taken_at = report.taken_at
        code = reported.health if reported.health in CODES else Health.NOT_AVAILABLE
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


def _update(writing: Writing, state: UnitState, unit: UnitOnNode, *, at: datetime, silent: bool) -> UnitState:
    code = Health(unit.health) if unit.health in CODES else Health.NOT_AVAILABLE
    # One that turned while nobody could see it is told when it is seen again; one that returns as it was is not.
    was = state.last_known if state.health == Health.NO_DATA else state.health
    _set_unit(writing, state, code, at=at, was=was, silent=silent or was == code)
    state.last_known, state.output, state.taken_at = code, unit.output, at
    return state


def _set_unit(
    writing: Writing, state: UnitState, health: Health, *, at: datetime, was: int, silent: bool = False
) -> None:
    if state.health == health:
        return
    if not silent:
        writing.event(
            Event.Kind.UNIT_HEALTH,
            state.component.unit,
            name=state.component.name,
            place=state.node.host,
            before="" if was == -1 else Health(was).label,
            after=health.label,
            taken_at=at,
        )
    state.health, state.since = health, at


def _darken(writing: Writing, states: dict[tuple[int, int], UnitState], *, at: datetime) -> None:
    for state in states.values():
        if state.node.reason:
            # A dark host is told once, for the node: its 37 units are not 37 events.
            _set_unit(writing, state, Health.NO_DATA, at=at, was=state.health, silent=True)


def _miss_units(
    writing: Writing,
    report: HealthReport,
    nodes: dict[str, NodeHealth],
    components: dict[str, Component],
    states: dict[tuple[int, int], UnitState],
) -> None:
    """A unit that an answering node no longer lists is unknown for a day, then forgotten (uninstalled, renamed by an upgrade).

    Diagnostics drops a unit from its list when it cannot read it, so a missing one is not one that went away in good order.
    """
    for reported in report.nodes:
        if reported.units is None:
            continue
        node = nodes[reported.host]
        listed = {components[unit.unit].pk for unit in reported.units}
        for key in [key for key in states if key[1] == node.pk and key[0] not in listed]:
            if report.taken_at - states[key].taken_at < MISSING_KEPT:
                _set_unit(writing, states[key], Health.NO_DATA, at=report.taken_at, was=states[key].health)
            else:
                states.pop(key).delete()
    forgotten = components.keys() - {state.component.unit for state in states.values()}
    Component.objects.filter(cluster=writing.cluster, unit__in=forgotten).delete()
