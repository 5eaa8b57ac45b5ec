"""Network interfaces of machines: packets that are broken or thrown away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np

from dashboard import figures
from dashboard.alerts.definition import Definition, Measured
from dashboard.alerts.facts import Facts
from dashboard.alerts.picking import known, picked
from dashboard.alerts.rules.machines import DCOS, machines
from dashboard.models import Rule, Subject
from dashboard.queries import interfaces_now, recent_readings
from dashboard.queries.machines_now import SOURCE

WITHIN = timedelta(minutes=5)
LEAST_PACKETS = 1_000
"""Of fewer packets a share says nothing."""
BAD = ("in_errors", "out_errors", "in_dropped", "out_dropped")
GOOD = ("in_packets", "out_packets")


def broken(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """Of the interfaces that ever had a broken packet; the counters of the others stand still."""
    silent = facts.of(machines).why
    keys = interfaces_now.with_trouble(facts.cluster)
    found = recent_readings.of_kind(
        facts.cluster, Subject.Kind.INTERFACE, (*BAD, *GOOD), facts.now - WITHIN, facts.now, keys=keys
    )
    rises = np.array([found.rises(column)[0] for column in range(len(BAD) + len(GOOD))])
    bad, good = np.nansum(rises[: len(BAD)], axis=0), rises[len(BAD) :].sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(good + bad >= LEAST_PACKETS, bad / (good + bad), np.where(np.isnan(good), np.nan, 0.0))
    subjects = [subject.key for subject in found.subjects]
    ratio[[subject.parent in silent for subject in found.subjects]] = np.nan
    for place in picked(rule, ratio, subjects, facts.open.get(rule.key, ())):
        one, value = found.subjects[place], known(ratio[place])
        yield Measured(
            subject=one.key,
            name=f"{one.name} on {one.parent}",
            host=one.parent,
            value=value,
            says=f"{one.name} on {one.parent}: {figures.percent(value)} of its packets broken or thrown away",
            why=silent.get(one.parent, "its machine does not tell how many packets") if value is None else "",
        )
    for subject in facts.open.get(rule.key, frozenset()) - set(subjects):
        host = subject.partition("|")[0]
        if host in silent:
            yield Measured(subject=subject, name=subject, host=host, value=None, why=silent[host])
    if not keys:
        yield Measured(value=0.0, says="no interface had a broken packet")


RULES: tuple[Definition, ...] = (
    Definition(
        key="R41",
        name="Network errors",
        measure=broken,
        what="share of an interface's packets of five minutes that were broken or thrown away, of 1,000 packets or more; "
        "interfaces of containers and overlays are left out",
        unit="ratio",
        advice="Check cable, port and duplex; dropped packets alone mean that the machine does not keep up.",
        sources=(SOURCE,),
        warning=0.001,
        critical=0.01,
        for_seconds=600,
        kinds=DCOS,
    ),
)
