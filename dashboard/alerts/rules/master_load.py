"""How the leading master and the registry bear their load (R25–R29)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from dashboard import figures
from dashboard.alerts import leading
from dashboard.alerts.definition import Definition, History, Measured
from dashboard.alerts.facts import Facts
from dashboard.models import Rule, Subject

RECOVERED = "registrar/log/recovered"
QUEUES = {
    "event_queue_dispatches": "dispatches",
    "event_queue_messages": "messages",
    "event_queue_http_requests": "HTTP requests",
}
of_leader = partial(History, kind=Subject.Kind.MASTER, only_where="master/elected")


def _queued(facts: Facts, rule: Rule) -> Iterator[Measured]:
    row = leading.leader(facts)
    if row is None:
        yield Measured(value=None, why=leading.without_leader(facts))
        return
    told = {words: value for name, words in QUEUES.items() if (value := getattr(row.master, name)) is not None}
    if not told:
        yield Measured(value=None, why=leading.not_told("its event queues", facts.cluster))
        return
    longest = max(told, key=lambda words: told[words])
    says = f"{figures.count(told[longest])} {longest} wait for the leading master {row.master.place}"
    yield Measured(value=told[longest], says=says, measured_at=row.master.taken_at)


def _allocating(facts: Facts, rule: Rule) -> Iterator[Measured]:
    told = leading.gauge(facts, "allocator/mesos/allocation_run_ms/p99")
    says = f"slow allocation cycles (p99) take {figures.count(told.value)} ms"
    yield told.unknown() if told.value is None else Measured(value=told.value, says=says, measured_at=told.at)


def _storing(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """The percentile is of a long time: while nothing is written it tells of writes that are long past. A master that has
    written less than twice tells none."""
    told, last = leading.gauge(facts, "registrar/state_store_ms/p99"), leading.gauge(facts, "registrar/state_store_ms")
    if told.value is None and last.value is None:
        yield last.unknown()
        return
    writes = leading.rise(facts, "registrar/state_store_ms/count").value
    says, value = f"slow writes of the registry (p99) take {figures.count(told.value)} ms", told.value
    if value is None:
        says, value = "the leading master has written to the registry once, which is no percentile", 0.0
    elif writes == 0:
        says, value = "nothing was written to the registry in 10 min", 0.0
    yield Measured(value=value, says=says, measured_at=last.at)


def _registering(facts: Facts, rule: Rule) -> Iterator[Measured]:
    told = leading.gauge(facts, "registrar/queued_operations")
    says = f"{figures.counted(told.value, 'write')} waiting for the registry"
    yield told.unknown() if told.value is None else Measured(value=told.value, says=says, measured_at=told.at)


def _recovered(facts: Facts, rule: Rule) -> Iterator[Measured]:
    for row in leading.asked(facts):
        answers = row.state.mark == "good"
        value = facts.of(leading.lives).latest(row.master.place).get(RECOVERED) if answers else None
        why = "" if value is not None else row.reason or leading.not_told(RECOVERED, facts.cluster)
        whole = "the whole log of the registry" if value == 1 else "not recovered its copy of the registry's log"
        yield leading.of_master(row, value, says=f"master {row.master.place} has {whole}", why=why)


def _dropped(facts: Facts, rule: Rule) -> Iterator[Measured]:
    told = leading.rise(facts, "master/dropped_messages")
    says = f"{figures.counted(told.value, 'message')} thrown away by the masters in 10 min"
    yield told.unknown() if told.value is None else Measured(value=told.value, says=says, measured_at=told.at)


RULES = (
    Definition(
        key="R25",
        name="Master's event queue",
        measure=_queued,
        what="longest of the leading master's three event queues",
        unit="count",
        advice="The master falls behind: answers come late, then agents are given up. Find who asks /state often, and whether "
        "the host's CPU is busy. Of a large cluster thousands may be usual: set the limit to fit.",
        sources=leading.SOURCES,
        warning=100,
        warning_clear=50,
        warning_on=True,
        critical=1000,
        critical_on=True,
        for_seconds=300,
        history=of_leader(metric="master/event_queue_dispatches"),
    ),
    Definition(
        key="R26",
        name="Slow allocator",
        measure=_allocating,
        what="how long slow allocation cycles of the leading master take (p99)",
        unit="ms",
        advice="Offers come late, so tasks start late. Many agents, frameworks or roles make cycles long; a longer allocation "
        "interval or fewer frameworks help.",
        sources=leading.SOURCES,
        warning=1000,
        warning_on=True,
        critical=5000,
        critical_on=True,
        for_seconds=600,
        history=of_leader(metric="allocator/mesos/allocation_run_ms/p99"),
    ),
    Definition(
        key="R27",
        name="Slow registry",
        measure=_storing,
        what="how long slow writes of the registry take (p99), 0 while nothing is written",
        unit="ms",
        advice="Agents cannot register, or are not given up in time. Look at the disks of the masters and at the network "
        "between them; above five seconds the master ends itself.",
        sources=leading.SOURCES,
        warning=1000,
        warning_on=True,
        critical=5000,
        critical_on=True,
        for_seconds=300,
        history=of_leader(metric="registrar/state_store_ms/p99"),
    ),
    Definition(
        key="R27b",
        name="Writes waiting for the registry",
        measure=_registering,
        what="operations of the leading master that wait to be written to the registry",
        unit="count",
        advice="Many agents register or are removed at once, or the disks of the masters are slow: see the slow registry.",
        sources=leading.SOURCES,
        warning=10,
        warning_on=True,
        critical=100,
        critical_on=True,
        for_seconds=300,
        history=of_leader(metric="registrar/queued_operations"),
    ),
    Definition(
        key="R28",
        name="Registry log not recovered",
        measure=_recovered,
        what="whether a master's copy of the replicated log is complete",
        unit="",
        advice="This master may not lead and does not count towards the quorum of the log; just after a start it is "
        "normal. Look at its journal and disk before another master is touched.",
        sources=leading.SOURCES,
        comparison=Rule.Comparison.BELOW,
        critical=1,
        critical_on=True,
        for_seconds=300,
        history=History(kind=Subject.Kind.MASTER, metric=RECOVERED),
    ),
    Definition(
        key="R29",
        name="Dropped messages",
        measure=_dropped,
        what="messages that the masters threw away in 10 min",
        unit="count",
        advice="A few at each fail-over are normal. Mostly agents or schedulers talk to a master that does not lead: "
        "look for old addresses, and for two leaders.",
        sources=leading.SOURCES,
        inclusive=True,
        warning=10,
        warning_on=True,
        critical=100,
        critical_on=True,
    ),
)
