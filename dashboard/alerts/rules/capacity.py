"""What is allocated on active agents, and when it reaches the limit (R19–R22). Allocation is not use.

R23 (fragmentation: no agent has room for the largest waiting app) needs Marathon's queue, which is not asked yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from dashboard import figures
from dashboard.alerts import leading
from dashboard.alerts.definition import Definition, History, Measure, Measured
from dashboard.alerts.facts import Facts
from dashboard.models import Rule, Subject
from dashboard.queries import capacity, fullness
from dashboard.queries.fullness import Fullness

SOURCES = ("masters", "summary")
DAY_SECONDS = 86_400
ADVICE = (
    "Tasks of a lost agent may find no room. Look on Capacity for who holds it; add agents, or free what is allocated "
    "and not used."
)


def filling(facts: Facts) -> Mapping[str, Fullness]:
    return fullness.of(facts.cluster, facts.now)


def _allocated(key: str, name: str, *, optional: bool = False) -> Measure:
    """The share of one resource; of one that a cluster need not have nothing is said while it has none."""

    def measure(facts: Facts, rule: Rule) -> Iterator[Measured]:
        total, allocated = capacity.now(facts.cluster, key)
        why = leading.without_leader(facts)
        if why or total is None or allocated is None:
            yield Measured(value=None, why=why or "no summary has told it yet")
        elif total > 0:
            share = allocated / total
            says = f"{name} {figures.percent(share)} allocated on active agents"
            yield Measured(value=share, says=says, measured_at=facts.cluster.summary_taken_at)
        elif not optional:
            yield Measured(value=None, why="no agent is active")

    return measure


def _full(facts: Facts, rule: Rule) -> Iterator[Measured]:
    why = leading.without_leader(facts)
    found = {} if why else facts.of(filling)
    if not found:
        yield Measured(value=None, why=why or "no summary has told it yet")
    for kind in capacity.present(facts.cluster):
        told = found.get(kind.key)
        if told is not None:
            yield Measured(
                subject=kind.key,
                name=kind.name,
                value=told.seconds,
                says=_says(kind.name, told),
                why="" if told.seconds is not None else _too_short(told),
                measured_at=facts.cluster.summary_taken_at,
            )


def _too_short(told: Fullness) -> str:
    return f"known after {figures.duration(fullness.LEAST)} of figures, {figures.duration(told.spans)} are there"


def _says(name: str, told: Fullness) -> str:
    now = f"{name}, {figures.percent(told.share)} allocated on active agents"
    if told.seconds == 0:
        return f"{now}, has reached {figures.percent(capacity.LIMIT_RATIO)}"
    if told.seconds is None or told.seconds >= fullness.LONGEST.total_seconds():
        return f"{now}, does not reach {figures.percent(capacity.LIMIT_RATIO)} within a year"
    reaches = f"reaches {figures.percent(capacity.LIMIT_RATIO)} in {figures.duration(told.seconds)}"
    return f"{now}, {reaches} at the pace of the past {figures.duration(timedelta(days=told.spans.days))}"


def _allocation(
    row: tuple[str, str, str], name: str, total: str, allocated: str, *, deck_row: int | None
) -> Definition:
    key, resource, word = row
    return Definition(
        key=key,
        name=f"{name} allocation",
        measure=_allocated(resource, word),
        what=f"{word} allocated to tasks and executors, as a share of what the active agents have",
        unit="ratio",
        advice=ADVICE,
        sources=SOURCES,
        deck_row=deck_row,
        warning=0.85,
        warning_clear=0.82,
        critical=0.90,
        critical_clear=0.87,
        critical_on=True,
        for_seconds=900,
        holds_after_election=True,
        history=History(kind=Subject.Kind.CLUSTER, metric=allocated, of=total, key=""),
    )


RULES = (
    _allocation(("R19", "cpu", "CPU"), "CPU", "cpus_total", "cpus_allocated", deck_row=5),
    _allocation(("R20", "mem", "memory"), "Memory", "mem_total_bytes", "mem_allocated_bytes", deck_row=6),
    _allocation(("R21", "disk", "disk"), "Disk", "disk_total_bytes", "disk_allocated_bytes", deck_row=7),
    Definition(
        key="R21b",
        name="GPU allocation",
        measure=_allocated("gpu", "GPUs", optional=True),
        what="GPUs allocated, as a share of what the active agents have",
        unit="ratio",
        advice="Tasks that ask for GPUs wait. Look on Capacity for who holds them.",
        sources=SOURCES,
        inclusive=True,
        warning=0.90,
        warning_on=True,
        critical=1.0,
        critical_on=True,
        for_seconds=1800,
        holds_after_election=True,
        history=History(kind=Subject.Kind.CLUSTER, metric="gpus_allocated", of="gpus_total", key=""),
    ),
    Definition(
        key="R22",
        name="Time to full",
        measure=_full,
        what="time until 90 % of a resource is allocated at the pace of the past 14 d",
        unit="seconds",
        advice="Order or free capacity before then; look on Capacity for which framework and role grow. Known after "
        "three days of figures; a year stands for no such day in sight.",
        sources=SOURCES,
        comparison=Rule.Comparison.BELOW,
        warning=14 * DAY_SECONDS,
        warning_clear=16 * DAY_SECONDS,
        warning_on=True,
        critical=3 * DAY_SECONDS,
        critical_clear=5 * DAY_SECONDS,
        critical_on=True,
        for_seconds=6 * 3600,
        holds_after_election=True,
    ),
)
