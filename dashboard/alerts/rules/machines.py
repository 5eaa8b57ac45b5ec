"""Machines: processors, load, memory, swap."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from dashboard import figures
from dashboard.alerts.definition import Definition, History, Measured
from dashboard.alerts.facts import Facts
from dashboard.alerts.picking import known, picked
from dashboard.models import Cluster, Rule, Subject
from dashboard.queries import machines_now, recent_readings
from dashboard.queries.machines_now import SOURCE, Machines
from dashboard.queries.recent_readings import Readings

Values = NDArray[np.float64]
Says = Callable[[float], str]
NOT_TOLD = "its metrics do not tell it"
DCOS = frozenset({Cluster.Kind.DCOS})


def machines(facts: Facts) -> Machines:
    return machines_now.of(facts.cluster, facts.now, facts.sources[SOURCE])


def readings(facts: Facts) -> Readings:
    """What the rows of machines do not hold. A tick is up to a period older than its sample: four ticks have all that the
    rows call the present."""
    source = facts.sources[SOURCE]
    since = facts.now - timedelta(seconds=4 * source.period_seconds + source.source.lag_seconds)
    return recent_readings.of_kind(facts.cluster, Subject.Kind.HOST, NAMES, since, facts.now)


NAMES = ("load.5min", "swap.total", "swap.used")


def _of_hosts(facts: Facts, name: str) -> Values:
    """The newest value of each machine, in the order of `machines`; NaN where the machine is silent or does not tell."""
    found, fleet = facts.of(readings), facts.of(machines)
    newest, _ = found.newest(NAMES.index(name))
    by_host = dict(zip((subject.key for subject in found.subjects), newest.tolist(), strict=True))
    return np.array([np.nan if host in fleet.why else by_host.get(host, np.nan) for host in fleet.hosts])


def told(facts: Facts, rule: Rule, values: Values, says: Says) -> Iterator[Measured]:
    """What to tell of a value for each of `machines`, NaN where it is not known; `says` puts a known one in words."""
    fleet = facts.of(machines)
    for place in picked(rule, values, fleet.hosts, facts.open.get(rule.key, ())):
        host, value = fleet.hosts[place], known(values[place])
        yield Measured(
            subject=host,
            name=host,
            host=host,
            value=value,
            says="" if value is None else f"{host}: {says(value)}",
            why=fleet.why.get(host, NOT_TOLD) if value is None else "",
            measured_at=fleet.measured_at[place],
        )


def cpu(facts: Facts, rule: Rule) -> Iterable[Measured]:
    busy = facts.of(machines)["cpu_used_ratio"]
    return told(facts, rule, busy, lambda value: f"{figures.percent(value)} of all cores busy")


def load(facts: Facts, rule: Rule) -> Iterable[Measured]:
    with np.errstate(invalid="ignore", divide="ignore"):
        per_core = _of_hosts(facts, "load.5min") / facts.of(machines)["cores"]
    per_core[~np.isfinite(per_core)] = np.nan
    return told(facts, rule, per_core, lambda value: f"load over 5 minutes {figures.cores(value)} per core")


def memory(facts: Facts, rule: Rule) -> Iterable[Measured]:
    fleet = facts.of(machines)
    with np.errstate(invalid="ignore", divide="ignore"):
        available = 1 - fleet["mem_used_bytes"] / fleet["mem_total_bytes"]
    available[~np.isfinite(available)] = np.nan
    return told(facts, rule, available, lambda value: f"{figures.percent(value)} of its memory available")


def swap(facts: Facts, rule: Rule) -> Iterable[Measured]:
    total, used = _of_hosts(facts, "swap.total"), _of_hosts(facts, "swap.used")
    with np.errstate(invalid="ignore", divide="ignore"):
        # A machine without swap uses none.
        ratio = np.where(total == 0, 0.0, used / total)
    return told(facts, rule, ratio, lambda value: f"{figures.percent(value)} of its swap in use")


def _history(metric: str, of: str = "") -> History:
    return History(kind=Subject.Kind.HOST, metric=metric, of=of)


RULES: tuple[Definition, ...] = (
    Definition(
        key="R34",
        name="Machine's processors busy",
        measure=cpu,
        what="busy share of all cores of a machine, as it measures itself; waiting for disks is not counted by dcos-metrics",
        unit="ratio",
        advice="Look which containers use it (Nodes, the node, Containers); move or limit them, or add agents.",
        sources=(SOURCE,),
        warning=0.90,
        warning_clear=0.85,
        critical=0.97,
        critical_clear=0.85,
        for_seconds=900,
        kinds=DCOS,
        history=_history("cpus_used", "cores"),
    ),
    Definition(
        key="R35",
        name="Machine's load high",
        measure=load,
        what="load over 5 minutes for each core of a machine",
        unit="count",
        advice="Processes wait for cores or disks: compare busy cores and waiting for disks on the node's page.",
        sources=(SOURCE,),
        warning=2.0,
        warning_clear=1.5,
        critical=4.0,
        critical_clear=1.5,
        for_seconds=900,
        kinds=DCOS,
        history=_history("load.5min", "cores"),
    ),
    Definition(
        key="R36",
        name="Machine's memory short",
        measure=memory,
        what="share of a machine's memory that a process could still have: free, buffers and caches",
        unit="ratio",
        advice="Look what uses it: containers on the node's page, else what runs outside Mesos. The kernel kills next.",
        sources=(SOURCE,),
        comparison=Rule.Comparison.BELOW,
        warning=0.10,
        warning_clear=0.12,
        warning_on=True,
        critical=0.05,
        critical_clear=0.12,
        critical_on=True,
        for_seconds=600,
        kinds=DCOS,
    ),
    Definition(
        key="R37",
        name="Machine swaps",
        measure=swap,
        what="share of a machine's swap in use; one without swap uses none",
        unit="ratio",
        advice="DC/OS wants swap off: find what took the memory, then turn swap off.",
        sources=(SOURCE,),
        warning=0.20,
        critical=0.60,
        for_seconds=900,
        kinds=DCOS,
        history=_history("swap.used", "swap.total"),
    ),
)
