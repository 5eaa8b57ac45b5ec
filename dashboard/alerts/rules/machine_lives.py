"""Machines that boot again and again, or whose processes explode."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from dashboard import figures
from dashboard.alerts.definition import Definition, Measured
from dashboard.alerts.facts import Facts
from dashboard.alerts.rules.machines import DCOS, machines, told
from dashboard.models import Rule, Subject
from dashboard.queries import recent_readings
from dashboard.queries.machines_now import SOURCE
from dashboard.queries.readings import loaded
from dashboard.queries.window import Window

HOUR_SECONDS = 3600
USUAL_OVER = timedelta(days=2)
PROCESSES = "process.count"
BOOT_TOLERANCE_SECONDS = 60
"""Uptime is whole seconds of another clock: only a boot later than this is another one."""
MANY_PROCESSES, MOST_HOSTS = 2_000, 200


def reboots(facts: Facts, rule: Rule) -> Iterable[Measured]:
    """How often each machine came up in the past hour, which only one can have that is up for less than an hour."""
    fleet = facts.of(machines)
    uptime = fleet["uptime_seconds"]
    young = [fleet.hosts[place] for place in np.flatnonzero(uptime < HOUR_SECONDS)]
    boots = np.where(np.isnan(uptime), np.nan, 0.0)
    counted = _boots(facts, young) if young else {}
    for place in np.flatnonzero(uptime < HOUR_SECONDS):
        # Its own uptime tells of one boot, whatever Day Two saw of it.
        boots[place] = max(1, counted.get(fleet.hosts[place], 1))
    return told(facts, rule, boots, lambda value: f"booted {figures.counted(value, 'time')} in the past hour")


def _boots(facts: Facts, hosts: list[str]) -> dict[str, int]:
    since = facts.now - timedelta(seconds=HOUR_SECONDS)
    found = recent_readings.of_kind(facts.cluster, Subject.Kind.HOST, ["system.uptime"], since, facts.now, keys=hosts)
    # By its clock and by ours: one that is only set right after a boot, or answers late, has not booted again.
    by_both = np.column_stack([found.times, found.ticks]) - found.values[:, :1]
    return {
        subject.key: _boots_of(by_both[found.places == place], since.timestamp())
        for place, subject in enumerate(found.subjects)
    }


def _boots_of(came_up: NDArray[np.float64], since: float) -> int:
    """How often a machine came up since then: rows of when it did, by its own clock and by ours, oldest first."""
    boots, latest = 0, np.full(2, since)
    for moment in came_up[~np.isnan(came_up).any(axis=1)]:
        if (moment > latest + BOOT_TOLERANCE_SECONDS).all():
            boots, latest = boots + 1, moment
    return boots


def processes(facts: Facts, rule: Rule) -> Iterable[Measured]:
    """How many times the usual number of processes; 0 where there are no more than 2,000."""
    fleet = facts.of(machines)
    counts = fleet["processes"]
    many = [place for place in np.argsort(-counts) if counts[place] > MANY_PROCESSES][:MOST_HOSTS]
    times = np.where(np.isnan(counts), np.nan, 0.0)
    if many:
        usual = _usual_processes(facts, [fleet.hosts[place] for place in many])
        for place in many:
            times[place] = counts[place] / usual.get(fleet.hosts[place], np.nan)
    return told(facts, rule, times, lambda value: f"{figures.percent(value)} of its usual number of processes")


def _usual_processes(facts: Facts, hosts: list[str]) -> dict[str, float]:
    """The median of each host over the hours of two days, each hour by its mean."""
    of = Subject.objects.filter(cluster=facts.cluster, kind=Subject.Kind.HOST, key__in=hosts)
    keys = dict(of.values_list("pk", "key"))
    window = Window("48h", facts.now - USUAL_OVER, facts.now, HOUR_SECONDS)
    found = loaded(list(keys), window, names=[PROCESSES])
    medians = {}
    for subject, key in keys.items():
        told = found.series(subject, [PROCESSES])[PROCESSES]
        told = told[~np.isnan(told)]
        if len(told):
            medians[key] = float(np.median(told))
    return medians


RULES: tuple[Definition, ...] = (
    Definition(
        key="R42",
        name="Machine boots again and again",
        measure=reboots,
        what="how often a machine booted in the past hour; a single boot is an event and no alert",
        unit="count",
        advice="Look at its console and hardware log; drain it until it is stable.",
        sources=(SOURCE,),
        inclusive=True,
        critical=2.0,
        critical_clear=1.5,
        critical_on=True,
        kinds=DCOS,
    ),
    Definition(
        key="R43",
        name="Machine's processes explode",
        measure=processes,
        what="processes as a share of the machine's own median of two days, where there are more than 2,000",
        unit="ratio",
        advice="Something forks without end: look for the container with most processes on the node's page.",
        sources=(SOURCE,),
        warning=3.0,
        for_seconds=600,
        kinds=DCOS,
    ),
)
