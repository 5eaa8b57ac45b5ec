"""Units on nodes: how each is, and the events of its changes.

A thousand nodes have forty thousand of them, so only rows that changed are written one by one; that the others were seen
again is one statement for hundreds of nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from collectors.records import HealthReport, UnitOnNode
from dashboard.models import Component, Event, NodeHealth, UnitState
from dashboard.models.components import Health
from dashboard.store.writing import Writing

MISSING_KEPT = timedelta(hours=24)
CODES = {code.value for code in (Health.HEALTHY, Health.UNHEALTHY, Health.WARNING)}
AT_ONCE = 500
"""So many ids a statement: databases limit how many a statement may hold."""


class Held(NamedTuple):
    """A stored state, as far as the next report is compared with it."""

    pk: int
    health: int
    last_known: int
    output: str


class _Seen(NamedTuple):
    """One unit on one node as the report gives it; `held` None where it was not known there."""

    node: NodeHealth
    component: Component
    unit: UnitOnNode
    code: Health
    held: Held | None


@dataclass(frozen=True, kw_only=True)
class Written:
    """How many states the report gave, and how each component now is on its nodes (component id → healths found)."""

    given: int
    healths: dict[int, set[int]] = field(default_factory=dict)


def code_of(health: int) -> Health:
    """The wire's code; what it does not know and what is no code of its own is N/A."""
    return Health(health) if health in CODES else Health.NOT_AVAILABLE


def write(
    writing: Writing, report: HealthReport, nodes: dict[str, NodeHealth], components: dict[str, Component]
) -> Written:
    """Bring every state up to the report. A fixed number of queries for every 500 nodes, and one for each event."""
    held = _held(writing)
    answering = [nodes[reported.host].pk for reported in report.nodes if reported.units is not None]
    hosts = {node.pk: node for node in nodes.values()}
    seen = list(_seen(report, nodes, components, held))
    _write_changed(writing, seen, at=report.taken_at, known=held.keys())
    missing = _missing(held, seen, answering)
    kept = _miss(writing, missing, hosts, {row.pk: row for row in components.values()}, at=report.taken_at)
    _darken([pk for pk, node in hosts.items() if node.reason], at=report.taken_at)
    for ids in _batches(answering):
        UnitState.objects.filter(node__in=ids).exclude(health=Health.NO_DATA).update(taken_at=report.taken_at)
    healths = _healths(held, seen, hosts, answering)
    for _, component in kept:
        healths.setdefault(component, set()).add(Health.NO_DATA)
    return Written(given=len(seen), healths=healths)


def _held(writing: Writing) -> dict[int, dict[int, Held]]:
    """Node id → component id → state."""
    rows = UnitState.objects.filter(component__cluster=writing.cluster)
    found: dict[int, dict[int, Held]] = {}
    columns = rows.values_list("node_id", "component_id", "pk", "health", "last_known", "output")
    for node, component, pk, health, last_known, output in columns.iterator():
        found.setdefault(node, {})[component] = Held(pk, health, last_known, output)
    return found


def _seen(
    report: HealthReport,
    nodes: dict[str, NodeHealth],
    components: dict[str, Component],
    held: dict[int, dict[int, Held]],
) -> Iterator[_Seen]:
    """Each unit of each node that answered; of one that a node lists twice the last."""
    for reported in report.nodes:
        node = nodes[reported.host]
        known = held.get(node.pk, {})
        for unit in {unit.unit: unit for unit in reported.units or ()}.values():
            component = components[unit.unit]
            yield _Seen(node, component, unit, code_of(unit.health), known.get(component.pk))


def _write_changed(writing: Writing, seen: Sequence[_Seen], *, at: datetime, known: Iterable[int]) -> None:
    """Write the states that turned or said something else; a node's first units are no news, only its later ones."""
    turned = [one for one in seen if one.held is None or one.held.health != one.code]
    for one in turned:
        if one.node.pk in known:
            _tell_turn(writing, one, at=at)
    _upsert(turned, at=at, columns=("health", "since", "last_known", "output", "taken_at"))
    said = [one for one in seen if one.held is not None and one.held.health == one.code]
    _upsert([one for one in said if one.held and one.held.output != one.unit.output], at=at, columns=("output",))


def _tell_turn(writing: Writing, one: _Seen, *, at: datetime) -> None:
    """One that turned while nobody could see it is told when it is seen again; one that returns as it was is not."""
    if one.held is None:
        _tell(writing, one.component, one.node, before="", after=one.code, at=at)
        return
    was = one.held.last_known if one.held.health == Health.NO_DATA else one.held.health
    if was != one.code:
        _tell(writing, one.component, one.node, before=Health(was).label, after=one.code, at=at)


def _tell(
    writing: Writing, component: Component, node: NodeHealth, *, before: str, after: Health, at: datetime
) -> None:
    writing.event(
        Event.Kind.UNIT_HEALTH,
        component.unit,
        name=component.name,
        place=node.host,
        before=before,
        after=after.label,
        taken_at=at,
    )


def _upsert(seen: Iterable[_Seen], *, at: datetime, columns: Sequence[str]) -> None:
    """New rows get every column, known ones only those named."""
    rows = {
        (one.component.pk, one.node.pk): UnitState(
            component_id=one.component.pk,
            node_id=one.node.pk,
            health=one.code,
            since=at,
            last_known=one.code,
            output=one.unit.output,
            taken_at=at,
        )
        for one in seen
    }
    UnitState.objects.bulk_create(
        rows.values(), update_conflicts=True, unique_fields=["component", "node"], update_fields=columns
    )


Missing = dict[int, tuple[int, int, Held]]
"""State id → its node, its component, itself."""


def _missing(held: dict[int, dict[int, Held]], seen: Sequence[_Seen], answering: Iterable[int]) -> Missing:
    """What answering nodes no longer list."""
    listed = {(one.node.pk, one.component.pk) for one in seen}
    return {
        state.pk: (node, component, state)
        for node in answering
        for component, state in held.get(node, {}).items()
        if (node, component) not in listed
    }


def _miss(
    writing: Writing,
    missing: Missing,
    nodes: dict[int, NodeHealth],
    components: dict[int, Component],
    *,
    at: datetime,
) -> set[tuple[int, int]]:
    """A unit that an answering node no longer lists is unknown for a day, then forgotten (uninstalled, renamed by an upgrade).

    Diagnostics drops a unit from its list when it cannot read it, so a missing one is not one that went away in good order.
    Returns (node, component) of those that are still kept.
    """
    forgotten: set[int] = set()
    for ids in _batches(list(missing)):
        rows = UnitState.objects.filter(pk__in=ids)
        forgotten.update(rows.filter(taken_at__lte=at - MISSING_KEPT).values_list("pk", flat=True))
        rows.filter(pk__in=forgotten).delete()
        rows.exclude(health=Health.NO_DATA).update(health=Health.NO_DATA, since=at)
    for pk, (node, component, state) in missing.items():
        if pk not in forgotten and state.health != Health.NO_DATA:
            before = Health(state.health).label
            _tell(writing, components[component], nodes[node], before=before, after=Health.NO_DATA, at=at)
    return {(node, component) for pk, (node, component, _) in missing.items() if pk not in forgotten}


def _darken(nodes: list[int], *, at: datetime) -> None:
    """A dark host is told once, for the node: its 37 units are not 37 events."""
    for ids in _batches(nodes):
        lit = UnitState.objects.filter(node__in=ids).exclude(health=Health.NO_DATA)
        lit.update(health=Health.NO_DATA, since=at)


def _healths(
    held: dict[int, dict[int, Held]], seen: Sequence[_Seen], nodes: dict[int, NodeHealth], answering: Iterable[int]
) -> dict[int, set[int]]:
    """How each component is over the nodes that answered, those that are dark, and those left as they were."""
    found: dict[int, set[int]] = {}
    for one in seen:
        found.setdefault(one.component.pk, set()).add(one.code)
    for node in held.keys() - set(answering):
        for component, state in held[node].items():
            found.setdefault(component, set()).add(Health.NO_DATA if nodes[node].reason else state.health)
    return found


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
