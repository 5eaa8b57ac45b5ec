"""Marathon's own figures: deployments, staged instances, its API, heap and garbage, and who leads it (R52–R58)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from dashboard import figures
from dashboard.alerts.definition import Definition, History, Measured
from dashboard.alerts.facts import Facts
from dashboard.alerts.picking import known
from dashboard.alerts.rules import app_facts
from dashboard.models import Event, Rule, Subject
from dashboard.queries import recent_readings
from dashboard.queries.recent_readings import Readings

SOURCE = "marathon"
LOOKED_BACK, CHURN_WITHIN = timedelta(minutes=10), timedelta(hours=1)
NEWEST_WITHIN = timedelta(minutes=4)
DEPLOYMENTS, STAGED = "deployments.active.gauge", "instances.staged.gauge"
P95 = "http.requests.duration.timer.seconds.p95"
OK, REFUSED, FAILED = (f"http.responses.{kind}.rate.meter.m1_rate" for kind in ("2xx", "4xx", "5xx"))
HEAP, MOST_HEAP = "jvm.memory.heap.used.gauge.bytes", "jvm.memory.heap.max.gauge.bytes"
GARBAGE, LEADS = "jvm.gc.collections.duration.gauge.seconds", "leadership.duration.gauge.seconds"
NAMES = (DEPLOYMENTS, STAGED, P95, OK, REFUSED, FAILED, HEAP, MOST_HEAP, GARBAGE, LEADS)
LEAST_ANSWERS_PER_SECOND = 1.0
"""Of fewer answers one that failed would be a share of many."""
NO_LEADER = 4.0
"""Held against the critical limit where nobody leads: as bad as four changes in an hour."""


@dataclass(frozen=True)
class Figures:
    """What each Marathon measured in the past ten minutes."""

    readings: Readings
    since: float
    """Before this, in seconds since 1970, nothing is the present."""

    def newest(self, name: str) -> dict[str, tuple[float, float]]:
        """Value and time of each Marathon that told it of late, by its key."""
        values, times = self.readings.newest(NAMES.index(name))
        return self._told(values, times)

    def share_of_time(self, name: str) -> dict[str, tuple[float, float]]:
        """How much a counter of seconds rose in each second, by Marathon's key."""
        rises, seconds = self.readings.rises(NAMES.index(name), uptime=NAMES.index(LEADS))
        _, times = self.readings.newest(NAMES.index(name))
        with np.errstate(invalid="ignore", divide="ignore"):
            return self._told(np.where(seconds > 0, rises / seconds, np.nan), times)

    def _told(self, values: NDArray[np.float64], times: NDArray[np.float64]) -> dict[str, tuple[float, float]]:
        rows = zip(self.readings.subjects, values.tolist(), times.tolist(), strict=True)
        return {one.key: (value, at) for one, value, at in rows if known(value) is not None and at >= self.since}


def figures_of(facts: Facts) -> Figures:
    """Three queries."""
    found = recent_readings.of_kind(facts.cluster, Subject.Kind.MARATHON, NAMES, facts.now - LOOKED_BACK, facts.now)
    return Figures(found, (facts.now - NEWEST_WITHIN).timestamp())


def _each(
    facts: Facts, values: dict[str, tuple[float, float]], says: Callable[[float], str], lacks: str
) -> Iterator[Measured]:
    """Every Marathon that is known, with its value or why there is none."""
    late = app_facts.silent(facts, SOURCE)
    for row in facts.of(app_facts.marathons):
        value, at = values.get(row.key, (None, None))
        if row.key in late or value is None:
            why = late.get(row.key) or f"Marathon {row.key} does not tell {lacks}"
            yield Measured(subject=row.key, name=row.key, value=None, why=why)
        else:
            said = f"Marathon {row.key}: {says(value)}"
            measured_at = None if at is None else datetime.fromtimestamp(at, UTC)
            yield Measured(subject=row.key, name=row.key, value=value, says=said, measured_at=measured_at)


def _gauge(name: str, says: Callable[[float], str], lacks: str) -> Callable[[Facts, Rule], Iterator[Measured]]:
    def measure(facts: Facts, rule: Rule) -> Iterator[Measured]:
        return _each(facts, facts.of(figures_of).newest(name), says, lacks)

    return measure


def failing(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """Answers 5xx as a share of all, both of the last minute; of less than one answer a second none is judged."""
    found = facts.of(figures_of)
    failed, well, refused = (found.newest(name) for name in (FAILED, OK, REFUSED))
    values = {}
    for key, (value, at) in failed.items():
        total = value + well.get(key, (0.0, at))[0] + refused.get(key, (0.0, at))[0]
        values[key] = (value / total if total >= LEAST_ANSWERS_PER_SECOND else 0.0, at)
    yield from _each(facts, values, lambda share: f"{figures.percent(share)} of its answers are 5xx", "how it answers")


def full(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """A heap without a limit is left out."""
    found = facts.of(figures_of)
    used, most = found.newest(HEAP), found.newest(MOST_HEAP)
    values = {key: (value / most[key][0], at) for key, (value, at) in used.items() if most.get(key, (0.0, 0.0))[0] > 0}
    yield from _each(facts, values, lambda share: f"{figures.percent(share)} of its heap used", "a limit of its heap")


def collecting(facts: Facts, rule: Rule) -> Iterator[Measured]:
    values = facts.of(figures_of).share_of_time(GARBAGE)
    yield from _each(facts, values, lambda share: f"{figures.percent(share)} of its time goes to garbage", "of garbage")


def leaderless(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """How often another instance came to lead in the past hour, and whether none does. One query."""
    late = app_facts.silent(facts, SOURCE)
    changes = Event.objects.filter(
        cluster=facts.cluster, kind=Event.Kind.MARATHON_LEADER, taken_at__gt=facts.now - CHURN_WITHIN
    ).exclude(after="")
    counts = Counter(changes.values_list("subject", flat=True))
    for row in facts.of(app_facts.marathons):
        if row.key in late:
            yield Measured(subject=row.key, name=row.key, value=None, why=late[row.key])
            continue
        count = float(counts[row.key])
        says = f"Marathon {row.key}: {row.leader or 'nobody'} leads, {figures.counted(count, 'change')} in an hour"
        worst = count if row.leader else max(count, NO_LEADER)
        yield Measured(subject=row.key, name=row.key, value=worst, says=says, measured_at=row.taken_at)


def _history(metric: str, of: str = "") -> History:
    return History(kind=Subject.Kind.MARATHON, metric=metric, of=of)


RULES = (
    Definition(
        key="R52",
        name="Many deployments in Marathon",
        measure=_gauge(DEPLOYMENTS, lambda n: f"{figures.counted(n, 'deployment')} under way", "its deployments"),
        what="deployments under way in one Marathon",
        unit="count",
        advice="Each holds its apps locked and costs Marathon work. Look who starts them, and which of them stand still.",
        sources=(SOURCE,),
        warning=50,
        warning_clear=30,
        warning_on=True,
        critical=100,
        critical_clear=50,
        critical_on=True,
        for_seconds=300,
        history=_history(DEPLOYMENTS),
    ),
    Definition(
        key="R53",
        name="Many instances staged in Marathon",
        measure=_gauge(STAGED, lambda n: f"{figures.counted(n, 'instance')} being started", "its staged instances"),
        what="instances that one Marathon has launched and that do not run yet",
        unit="count",
        advice="Mostly images are being pulled: look at the registry and at the agents' network and disks; else at what "
        "was scaled up just now.",
        sources=(SOURCE,),
        warning=100,
        warning_clear=50,
        warning_on=True,
        critical=300,
        critical_clear=150,
        critical_on=True,
        for_seconds=300,
        history=_history(STAGED),
    ),
    Definition(
        key="R54",
        name="Marathon answers slowly",
        measure=_gauge(P95, lambda s: f"95 % of its answers take up to {figures.duration(s)}", "how long it takes"),
        what="time that 95 % of the HTTP requests to one Marathon stay below",
        unit="seconds",
        advice="Look for clients that ask for all apps with everything embedded, and at Marathon's heap and garbage "
        "collection beside it.",
        sources=(SOURCE,),
        warning=0.5,
        warning_clear=0.4,
        warning_on=True,
        critical=2,
        critical_clear=1,
        critical_on=True,
        for_seconds=300,
        history=_history(P95),
    ),
    Definition(
        key="R55",
        name="Marathon fails to answer",
        measure=failing,
        what="answers 5xx of one Marathon as a share of all its answers, from one answer a second on",
        unit="ratio",
        advice="Marathon's log names the requests that fail. Mostly it has lost ZooKeeper or its leader, or is out of memory.",
        sources=(SOURCE,),
        warning=0.01,
        warning_on=True,
        critical=0.05,
        critical_on=True,
        for_seconds=300,
    ),
    Definition(
        key="R56",
        name="Marathon's heap is nearly full",
        measure=full,
        what="heap in use as a share of the most it may use, garbage included; one that has no limit is left out",
        unit="ratio",
        advice="Give Marathon more heap (-Xmx), or fewer apps and versions to keep. At its end it collects garbage only.",
        sources=(SOURCE,),
        warning=0.85,
        warning_on=True,
        critical=0.95,
        critical_on=True,
        for_seconds=600,
        history=_history(HEAP, MOST_HEAP),
    ),
    Definition(
        key="R57",
        name="Marathon has no leader",
        measure=leaderless,
        what="how often another instance of one Marathon came to lead in an hour; none that leads counts as four",
        unit="count",
        advice="Nothing is launched or restarted without a leader. Look at ZooKeeper and at the log of each instance; an "
        "instance that is killed by its supervisor loses its lead again and again.",
        sources=(SOURCE,),
        inclusive=True,
        warning=2,
        warning_on=True,
        critical=NO_LEADER,
        critical_on=True,
        for_seconds=120,
    ),
    Definition(
        key="R58",
        name="Marathon collects garbage",
        measure=collecting,
        what="share of its time that one Marathon spends on garbage collection, over ten minutes",
        unit="ratio",
        advice="Its heap is too small for what it holds: look at Marathon's heap, then give it more, or fewer apps.",
        sources=(SOURCE,),
        warning=0.10,
        warning_on=True,
        critical=0.30,
        critical_on=True,
        for_seconds=300,
    ),
)
