"""Agent processes: not registered, restarting, failing to start containers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np

from collectors.records import AGENT_PORT
from dashboard import figures
from dashboard.alerts.definition import Definition, Measured
from dashboard.alerts.facts import Facts
from dashboard.alerts.picking import known, picked
from dashboard.models import AgentProcess, Rule, Subject
from dashboard.queries import agent_processes_now, recent_readings
from dashboard.queries.machines_now import why_late

SOURCE = "agents"
STARTING_SECONDS = 120
"""So long after its start an agent may take to register."""
FLAPPING, SHORT, LONG = timedelta(minutes=30), timedelta(minutes=10), timedelta(minutes=20)
LAUNCHES = timedelta(minutes=10)
ERRORS = "slave/container_launch_errors"
UPTIME = "slave/uptime_secs"


def processes(facts: Facts) -> list[AgentProcess]:
    return agent_processes_now.of(facts.cluster)


def _late(facts: Facts) -> dict[str, str]:
    """Hosts whose agents said nothing of late, with the reason."""
    source = facts.sources[SOURCE]
    late = [
        (row.host, row.taken_at) for row in facts.of(processes) if not source.judge(row.taken_at, facts.now).current
    ]
    return why_late(facts.cluster, SOURCE, late, facts.now)


def _place(row: AgentProcess) -> str:
    return row.host if row.port == AGENT_PORT else f"{row.host}:{row.port}"


def registered(facts: Facts, rule: Rule) -> Iterator[Measured]:
    rows, late = facts.of(processes), facts.of(_late)
    missing = [_missing(row, row.host in late) for row in rows]
    places = [_place(row) for row in rows]
    for at in picked(rule, np.array(missing), places, facts.open.get(rule.key, ())):
        row, value = rows[at], known(missing[at])
        yield Measured(
            subject=places[at],
            name=places[at],
            host=row.host,
            value=value,
            says=f"the agent on {row.host} says it is {'not ' if value else ''}registered with a master",
            why=late.get(row.host, "") if value is None else "",
            measured_at=row.taken_at,
        )


def _missing(row: AgentProcess, late: bool) -> float:
    if late:
        return np.nan
    return float(not row.registered and (row.uptime_seconds or 0.0) >= STARTING_SECONDS)


def flapping(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """Restarts themselves, not a short uptime, which between two polls is luck; a single one is no flapping."""
    restarts = agent_processes_now.restarts(facts.cluster, facts.now - FLAPPING)
    for host, moments in restarts.items():
        at_short, at_long = most_within(moments, SHORT), most_within(moments, LONG)
        yield Measured(
            subject=host,
            name=host,
            host=host,
            value=float(at_short),
            critical_value=float(at_long),
            says=f"the agent on {host} restarted {figures.counted(at_short, 'time')} within {figures.duration(SHORT)}, "
            f"{at_long} within {figures.duration(LONG)}",
            measured_at=moments[-1],
        )
    calm = facts.open.get(rule.key, frozenset()) - restarts.keys()
    late = facts.of(_late) if calm else {}
    for host in calm:
        # One that says nothing cannot be seen to restart: that is no calm.
        yield Measured(
            subject=host,
            name=host,
            host=host,
            value=None if host in late else 0.0,
            says=f"no restart in {figures.duration(FLAPPING)}",
            why=late.get(host, ""),
        )
    if not restarts:
        yield Measured(value=0.0, says="no agent restarted")


def most_within(moments: Sequence[datetime], span: timedelta) -> int:
    """The most of these moments, oldest first, that lie within so long of each other."""
    return max((sum(first <= one <= first + span for one in moments) for first in moments), default=0)


def launch_errors(facts: Facts, rule: Rule) -> Iterable[Measured]:
    rows, late = facts.of(processes), facts.of(_late)
    places = [_place(row) for row in rows]
    # A counter that stands at nothing has not risen: only the others' readings are looked at.
    some = [place for place, row in zip(places, rows, strict=True) if row.container_launch_errors]
    risen = _risen(facts, some) if some else {}
    values = [
        np.nan if row.host in late else risen.get(place, 0.0 if row.container_launch_errors == 0 else np.nan)
        for place, row in zip(places, rows, strict=True)
    ]
    for at in picked(rule, np.array(values, dtype=float), places, facts.open.get(rule.key, ())):
        row, value = rows[at], known(values[at])
        why = late.get(row.host, "its agent does not tell how many containers failed to start")
        yield Measured(
            subject=places[at],
            name=places[at],
            host=row.host,
            value=value,
            says=f"{figures.counted(value, 'container')} failed to start on {row.host} in {figures.duration(LAUNCHES)}",
            why=why if value is None else "",
            measured_at=row.taken_at,
        )


def _risen(facts: Facts, places: list[str]) -> dict[str, float]:
    since = facts.now - LAUNCHES
    found = recent_readings.of_kind(facts.cluster, Subject.Kind.AGENT, (ERRORS, UPTIME), since, facts.now, keys=places)
    rises, _ = found.rises(0, uptime=1)
    return dict(zip((subject.key for subject in found.subjects), rises.tolist(), strict=True))


RULES: tuple[Definition, ...] = (
    Definition(
        key="R10",
        name="Agent not registered",
        measure=registered,
        what="an agent process that answers and says it is registered with no master, two minutes after its start or later",
        unit="",
        advice="Read its log: it looks for a leader (ZooKeeper, DNS), or the master refuses it (attributes changed, version).",
        sources=(SOURCE,),
        inclusive=True,
        critical=1.0,
        critical_on=True,
        for_seconds=180,
    ),
    Definition(
        key="R11",
        name="Agent flapping",
        measure=flapping,
        what="restarts of an agent process: the most within 10 minutes, for critical within 20; over when none in 30 minutes",
        unit="count",
        advice="Read its log for why it ends: memory, disk, a wrong flag. Its tasks survive a restart only with checkpoints.",
        sources=(SOURCE,),
        inclusive=True,
        warning=2.0,
        warning_clear=0.5,
        warning_on=True,
        critical=4.0,
        critical_clear=0.5,
        critical_on=True,
        clear_seconds=0,
    ),
    Definition(
        key="R13",
        name="Containers fail to start",
        measure=launch_errors,
        what="containers that an agent could not start in 10 minutes",
        unit="count",
        advice="Read the agent's log: an image that cannot be fetched, a full disk, an isolator that fails.",
        sources=(SOURCE,),
        inclusive=True,
        warning=3.0,
        warning_clear=0.5,
        critical=10.0,
        critical_clear=0.5,
        clear_seconds=600,
    ),
)
