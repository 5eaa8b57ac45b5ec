"""Clocks of machines that are not ours."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dashboard.alerts.definition import Definition, Measured
from dashboard.alerts.facts import Facts
from dashboard.alerts.picking import known, picked
from dashboard.alerts.rules.machines import DCOS, machines
from dashboard.models import Rule
from dashboard.queries import clocks
from dashboard.queries.machines_now import SOURCE

REFUSED_SECONDS = 600.0
"""What is refused is at least so far off."""


def skew(facts: Facts, rule: Rule) -> Iterable[Measured]:
    """How far each machine's clock is from ours, as the times of its figures tell."""
    told = clocks.of_machines(facts.cluster, facts.now, facts.sources[SOURCE])
    refused = clocks.refused(facts.cluster)
    # The machine of an agent that left is silent for good: its clock is nobody's any more.
    hosts = sorted((told.keys() | refused.keys()) & set(facts.of(machines).hosts))
    values = np.array([REFUSED_SECONDS if host in refused else told[host].seconds for host in hosts], dtype=float)
    for place in picked(rule, values, hosts, facts.open.get(rule.key, ())):
        host, value = hosts[place], known(values[place])
        says = refused.get(host) or told[host].says
        yield Measured(subject=host, name=host, host=host, value=value, says=f"{host}: {says}", why=says)


RULES: tuple[Definition, ...] = (
    Definition(
        key="R67",
        name="Clock off",
        measure=skew,
        what="how far the time stamps of a machine's figures are ahead of our clock, or behind it by more than their usual lag",
        unit="seconds",
        advice="Check NTP or chrony there, and on Day Two's own machine: tokens and histories go wrong with clocks.",
        sources=(SOURCE,),
        warning=30.0,
        warning_on=True,
        critical=300.0,
        for_seconds=600,
        kinds=DCOS,
    ),
)
