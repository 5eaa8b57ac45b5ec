"""Component health: a unit on a node, a unit on half of its nodes, a unit that comes and goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from dashboard import figures
from dashboard.alerts.definition import Definition, Measured
from dashboard.alerts.facts import Facts
from dashboard.alerts.rules.machines import DCOS
from dashboard.models import Rule
from dashboard.models.components import Health
from dashboard.queries import units_now
from dashboard.queries.components import SOURCE
from dashboard.queries.units_now import UnitHere

CORE = frozenset(
    f"dcos-{name}.service"
    for name in (
        *("mesos-master", "mesos-slave", "mesos-slave-public", "exhibitor", "marathon"),
        *("adminrouter", "adminrouter-agent"),
    )
)
"""Without these the cluster, or the node, does nothing any more."""
LEAST_NODES = 2
FLICKERING = timedelta(minutes=30)
FINE = Measured(value=0.0, says="every component that is known of is healthy")


def unhealthy(facts: Facts) -> list[UnitHere]:
    return units_now.unhealthy(facts.cluster)


def unit_on_node(facts: Facts, rule: Rule) -> Iterator[Measured]:
    found = facts.of(unhealthy)
    told = {(one.unit, one.host) for one in found}
    open_places = {_place(subject) for subject in facts.open.get(rule.key, ()) if "/" in subject} - told
    if open_places:
        found = [*found, *units_now.some(facts.cluster, open_places)]
    yield from (_here(one) for one in found)
    for host, reason in units_now.dark_nodes(facts.cluster).items():
        yield Measured(subject=host, name=host, host=host, value=None, why=reason)
    if not found:
        yield FINE


def _place(subject: str) -> tuple[str, str]:
    unit, _, host = subject.rpartition("/")
    return unit, host


def _here(one: UnitHere) -> Measured:
    unknown = one.health in (Health.NO_DATA, Health.NOT_AVAILABLE)
    bad = one.health in units_now.BAD
    return Measured(
        subject=f"{one.unit}/{one.host}"[:255],
        name=f"{one.name} on {one.host}",
        host=one.host,
        reason=one.unit[:128],
        value=None if unknown else float(bad),
        critical_value=float(bad and one.unit in CORE),
        says=f"{one.name} is {one.health.label.lower()} on {one.host}",
        why=(one.reason or "diagnostics cannot tell its health there") if unknown else "",
        measured_at=one.taken_at,
    )


def unit_everywhere(facts: Facts, rule: Rule) -> Iterator[Measured]:
    opened = facts.open.get(rule.key, frozenset())
    units = {one.unit: one.name for one in facts.of(unhealthy)}
    counted = units_now.counts(facts.cluster, units.keys() | opened) if units or opened else {}
    several = {unit: (bad, known) for unit, (bad, known) in counted.items() if known >= LEAST_NODES}
    for unit, (bad, known) in several.items():
        name = units.get(unit, unit)
        says = f"{name} is not healthy on {bad} of {figures.counted(known, 'node')} that tell"
        yield Measured(subject=unit, name=name, reason=unit[:128], value=bad / known, says=says)
    for unit in opened - counted.keys():
        if unit:
            yield Measured(subject=unit, name=unit, value=None, why="none of its nodes tells its health")
    if not several:
        yield FINE


def flickering(facts: Facts, rule: Rule) -> Iterator[Measured]:
    found = units_now.changes(facts.cluster, facts.now, FLICKERING)
    for (unit, host), (name, count) in found.items():
        says = f"{name or unit} changed {figures.counted(count, 'time')} on {host} in {figures.duration(FLICKERING)}"
        yield Measured(
            subject=f"{unit}/{host}"[:255],
            name=f"{name or unit} on {host}",
            host=host,
            reason=unit[:128],
            value=float(count),
            says=says,
        )
    for subject in facts.open.get(rule.key, frozenset()) - {f"{unit}/{host}"[:255] for unit, host in found}:
        yield Measured(subject=subject, name=subject, host=_place(subject)[1], value=0.0, says="no change since")
    if not found:
        yield Measured(value=0.0, says="no component changed")


RULES: tuple[Definition, ...] = (
    Definition(
        key="R31",
        name="Component unhealthy",
        measure=unit_on_node,
        what="a component that diagnostics calls unhealthy on a node; critical for those without which nothing runs: "
        "Mesos, ZooKeeper's Exhibitor, Marathon, Admin Router",
        unit="",
        advice="Read its output on the component's page, then the journal of the unit on that node (journalctl -u).",
        sources=(SOURCE,),
        warning=0.0,
        warning_on=True,
        critical=0.0,
        critical_on=True,
        for_seconds=180,
        kinds=DCOS,
    ),
    Definition(
        key="R32",
        name="Component unhealthy on half of its nodes",
        measure=unit_everywhere,
        what="share of the nodes that tell on which a component is not healthy, of two nodes or more",
        unit="ratio",
        advice="One cause for all of them: an upgrade under way, a certificate, DNS, or a change that was rolled out.",
        sources=(SOURCE,),
        inclusive=True,
        critical=0.5,
        critical_on=True,
        for_seconds=180,
        kinds=DCOS,
    ),
    Definition(
        key="R33",
        name="Component comes and goes",
        measure=flickering,
        what="how often a component's health changed on a node in 30 minutes",
        unit="count",
        advice="It restarts or its check times out: read its journal on that node. Timers flicker by nature.",
        sources=(SOURCE,),
        inclusive=True,
        warning=3.0,
        warning_clear=1.5,
        kinds=DCOS,
    ),
)
