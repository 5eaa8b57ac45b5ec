"""Filesystems of machines: room, inodes, and when they are full. What was filtered at the door is in none of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from dashboard import figures
from dashboard.alerts.definition import Definition, History, Measured
from dashboard.alerts.facts import Facts
from dashboard.alerts.picking import known, picked
from dashboard.alerts.rules.machines import DCOS, NOT_TOLD, machines
from dashboard.models import Filesystem, Rule, Subject
from dashboard.queries import filesystems_now, growth
from dashboard.queries.filesystems_now import Filesystems
from dashboard.queries.machines_now import SOURCE
from dashboard.subject_keys import key_of

Values = NDArray[np.float64]
OF_MESOS = ("/var/lib/mesos", "/var/lib/docker")
SOONER_RATIO = 0.05
"""Where these are full no task starts any more: they are critical so much sooner."""
DAY_SECONDS = 86_400
FULLEST = 500
"""Of so many filesystems, the fullest, it is worked out when they are full: that is five hundred histories to look at."""


def filesystems(facts: Facts) -> Filesystems:
    """Of machines that left the cluster nothing is told: their alerts end as no longer listed."""
    here = frozenset(facts.of(machines).hosts)
    return filesystems_now.of(facts.cluster, facts.now, facts.sources[SOURCE], here)


def _told(facts: Facts, rule: Rule, values: Values, noun: str, critical: Values | None = None) -> Iterator[Measured]:
    found, silent = facts.of(filesystems), facts.of(machines).why
    subjects = [_subject(host, path) for host, path in zip(found.hosts, found.paths, strict=True)]
    for place in picked(rule, values, subjects, facts.open.get(rule.key, ()), critical):
        host, path, value = found.hosts[place], found.paths[place], known(values[place])
        yield Measured(
            subject=subjects[place],
            name=f"{path} on {host}",
            host=host,
            value=value,
            critical_value=None if critical is None else known(critical[place]),
            says="" if value is None else f"{path} on {host}: {figures.percent(value)} of its {noun} used",
            why="" if value is not None else silent.get(host, NOT_TOLD),
            measured_at=found.measured_at[place],
        )


def _subject(host: str, path: str) -> str:
    return key_of(f"{host}|{path}")


def full(facts: Facts, rule: Rule) -> Iterable[Measured]:
    found = facts.of(filesystems)
    sooner = np.array([path in OF_MESOS for path in found.paths], dtype=bool)
    return _told(
        facts, rule, found.used_ratio, "room", np.where(sooner, found.used_ratio + SOONER_RATIO, found.used_ratio)
    )


def inodes(facts: Facts, rule: Rule) -> Iterable[Measured]:
    found = facts.of(filesystems)
    # Where there are none to count, as on btrfs, there is nothing to run out of: that is not unknown.
    ratio = np.where(found.current & np.isnan(found.inodes_ratio), 0.0, found.inodes_ratio)
    return _told(facts, rule, ratio, "inodes")


def fills(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """When the fullest filesystems are full, by the slower of their paces over six hours and over two days."""
    source = facts.sources[SOURCE]
    fullest = filesystems_now.fullest(facts.cluster, facts.now, limit=FULLEST, period_seconds=source.period_seconds)
    paces = [growth.of(fullest, facts.now, over) for over in ("6h", "48h")]
    values = np.array([_seconds_to_full([pace[row.pk] for pace in paces]) for row in fullest], dtype=float)
    subjects = [_subject(row.machine.host, row.path) for row in fullest]
    for place in picked(rule, values, subjects, facts.open.get(rule.key, ())):
        yield _filling(fullest[place], subjects[place], known(values[place]), paces[0][fullest[place].pk].why)


def _seconds_to_full(paces: list[growth.Pace]) -> float:
    """Of the slower of both; a year where one of them says that it does not fill; NaN where one is not known."""
    if any(pace.bytes_per_day is None for pace in paces):
        return np.nan
    days = [growth.LONGEST_DAYS if pace.days_to_full is None else pace.days_to_full for pace in paces]
    return max(days) * DAY_SECONDS


def _filling(row: Filesystem, subject: str, value: float | None, why: str) -> Measured:
    host = row.machine.host
    filling = value is not None and value < growth.LONGEST_DAYS * DAY_SECONDS
    says = f"full in {figures.duration(value)} if the past hours go on" if filling else "not filling"
    return Measured(
        subject=subject,
        name=f"{row.path} on {host}",
        host=host,
        value=value,
        says=f"{row.path} on {host}: {says}",
        why=why if value is None else "",
        measured_at=row.measured_at,
    )


RULES: tuple[Definition, ...] = (
    Definition(
        key="R38",
        name="Filesystem full",
        measure=full,
        what="used share of what a filesystem's users may have, used ÷ (used + free); "
        "/var/lib/mesos and /var/lib/docker are critical five points sooner",
        unit="ratio",
        advice="Clean sandboxes, images and logs, or enlarge it: a full disk under Mesos or Docker stops every task there.",
        sources=(SOURCE,),
        warning=0.80,
        warning_clear=0.77,
        warning_on=True,
        critical=0.90,
        critical_clear=0.87,
        critical_on=True,
        for_seconds=600,
        kinds=DCOS,
        history=History(kind=Subject.Kind.FILESYSTEM, metric="used_bytes", of="used_bytes+free_bytes"),
    ),
    Definition(
        key="R39",
        name="Filesystem out of inodes",
        measure=inodes,
        what="used share of a filesystem's inodes; those without a fixed number never run out",
        unit="ratio",
        advice="Look for a directory with millions of small files, mostly old sandboxes or a cache.",
        sources=(SOURCE,),
        warning=0.80,
        warning_on=True,
        critical=0.95,
        critical_on=True,
        for_seconds=600,
        kinds=DCOS,
        history=History(kind=Subject.Kind.FILESYSTEM, metric="inodes_used", of="inodes_used+inodes_free"),
    ),
    Definition(
        key="R40",
        name="Filesystem full soon",
        measure=fills,
        what="time until one of the 500 fullest filesystems is full, by the slower of its paces over 6 h and over 2 d",
        unit="seconds",
        advice="Find what writes there before it is full; a log that is rotated goes up and down and is left out.",
        sources=(SOURCE,),
        comparison=Rule.Comparison.BELOW,
        warning=86_400.0,
        critical=14_400.0,
        for_seconds=1800,
        kinds=DCOS,
    ),
)
