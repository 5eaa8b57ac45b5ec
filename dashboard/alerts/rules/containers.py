"""Containers: throttled, near their limits of memory and disk, short of memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

import numpy as np

from dashboard import figures
from dashboard.alerts.definition import Definition, History, Measured
from dashboard.alerts.facts import Facts
from dashboard.alerts.picking import known, picked
from dashboard.models import Rule, Subject
from dashboard.queries import containers_near_limits, recent_readings
from dashboard.queries.containers_near_limits import Near, Of
from dashboard.queries.machines_now import why_late
from dashboard.subject_keys import key_of

SOURCE = "containers"
PRESSURE = "mem_critical_pressure_counter"
PRESSED_WITHIN = timedelta(minutes=30)
PRESSED_FROM_RATIO = 0.9
"""Below this share of its limit, cache included, no container is pressed: their readings need not be looked at."""


def _subject(one: Near) -> str:
    return key_of(f"{one.host}/{one.container_id}")


def _near(facts: Facts, rule: Rule, of: Of, from_ratio: float | None = None) -> list[Near]:
    """Those from the lower limit on, the nearest to it, and those whose alerts are open."""
    limits = [limit for limit in (rule.warning, rule.critical) if limit is not None]
    return containers_near_limits.of(
        facts.cluster,
        facts.now,
        facts.sources[SOURCE],
        of,
        from_ratio=min(limits, default=1.0) if from_ratio is None else from_ratio,
        also=facts.open.get(rule.key, frozenset()),
    )


def _told(facts: Facts, found: list[Near], noun: str) -> Iterator[Measured]:
    late = [(one.host, one.measured_at) for one in found if one.ratio is None]
    why = why_late(facts.cluster, SOURCE, late, facts.now) if late else {}
    for one in found:
        yield Measured(
            subject=_subject(one),
            name=one.name,
            host=one.host,
            reason=one.task_name[:128],
            value=one.ratio,
            says=f"{one.name} on {one.host}: {figures.percent(one.ratio)} {noun}",
            why=why.get(one.host, "") if one.ratio is None else "",
            measured_at=one.measured_at,
        )


def throttled(facts: Facts, rule: Rule) -> Iterable[Measured]:
    return _told(facts, _near(facts, rule, Of.THROTTLED), "of its scheduling periods held back")


def memory(facts: Facts, rule: Rule) -> Iterable[Measured]:
    return _told(facts, _near(facts, rule, Of.MEMORY), "of its memory limit used, file cache left out")


def disk(facts: Facts, rule: Rule) -> Iterable[Measured]:
    return _told(facts, _near(facts, rule, Of.DISK), "of its disk limit used")


def pressed(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """How often each container was about to be killed for memory; only those near their limit are looked at."""
    found = _near(facts, rule, Of.MEMORY_AND_CACHE, PRESSED_FROM_RATIO)
    subjects = [_subject(one) for one in found]
    since = facts.now - PRESSED_WITHIN
    readings = recent_readings.of_kind(
        facts.cluster, Subject.Kind.CONTAINER, (PRESSURE,), since, facts.now, keys=subjects
    )
    rises, _ = readings.rises(0)
    by_key = dict(zip((subject.key for subject in readings.subjects), rises.tolist(), strict=True))
    values = np.array([by_key.get(subject, np.nan) for subject in subjects], dtype=float)
    for place in picked(rule, values, subjects, facts.open.get(rule.key, ())):
        one, value = found[place], known(values[place])
        yield Measured(
            subject=subjects[place],
            name=one.name,
            host=one.host,
            reason=one.task_name[:128],
            value=value,
            says=f"{one.name} on {one.host} was about to be killed for memory {figures.counted(value, 'time')} "
            f"in {figures.duration(PRESSED_WITHIN)}",
            why="its agent does not tell how short of memory it is" if value is None else "",
            measured_at=one.measured_at,
        )


def _history(metric: str, of: str) -> History:
    return History(kind=Subject.Kind.CONTAINER, metric=metric, of=of)


RULES: tuple[Definition, ...] = (
    Definition(
        key="R44",
        name="Container throttled",
        measure=throttled,
        what="share of a container's scheduling periods in which it was held back, between its last two samples",
        unit="ratio",
        advice="It wants more CPU than it may have: raise its limit, or accept that it is slow in bursts.",
        sources=(SOURCE,),
        warning=0.25,
        warning_clear=0.15,
        critical=0.50,
        critical_clear=0.15,
        for_seconds=600,
    ),
    Definition(
        key="R45",
        name="Container near its memory limit",
        measure=memory,
        what="a container's memory without file cache, as a share of its limit; those without a limit are left out",
        unit="ratio",
        advice="At its limit it is killed: raise the limit, or look for a leak on the container's page.",
        sources=(SOURCE,),
        warning=0.90,
        warning_clear=0.85,
        critical=0.97,
        critical_clear=0.85,
        for_seconds=300,
        history=_history("mem_used_bytes", "mem_limit_bytes"),
    ),
    Definition(
        key="R46",
        name="Container about to be killed for memory",
        measure=pressed,
        what="how often the kernel told of critical memory pressure in a container in 30 minutes, where its agent tells that",
        unit="count",
        advice="It is about to be killed: raise its limit, or look for a leak on the container's page.",
        sources=(SOURCE,),
        inclusive=True,
        warning=1.0,
        warning_clear=0.5,
        critical=3.0,
        critical_clear=0.5,
    ),
    Definition(
        key="R47",
        name="Container near its disk limit",
        measure=disk,
        what="a container's sandbox and volumes as a share of its disk limit; those without a limit are left out",
        unit="ratio",
        advice="Over its limit it is killed where limits are enforced: rotate its logs, or raise the limit.",
        sources=(SOURCE,),
        warning=0.85,
        critical=0.95,
        for_seconds=600,
        history=_history("disk_used_bytes", "disk_limit_bytes"),
    ),
)
