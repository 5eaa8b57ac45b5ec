"""“Test connection”: every endpoint Day Two will read, asked once, a line for each."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from collectors.errors import Outcome, PollError
from collectors.records import AgentPlace, ClusterSummary, Harvest, HealthReport, HostMetrics, MasterSnapshot, Turn
from collectors.sources import POLL_DEADLINE_SECONDS, SOURCES, Source
from collectors.target import Kind, Target, find_leader
from collectors.turns import agents_in, turns
from collectors.version import read_version


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One line: what was asked for, where, how it ended and, in words, what was found or what is wrong."""

    what: str
    endpoint: str
    outcome: Outcome
    detail: str
    seconds: float


NO_CONNECTION = frozenset(
    {
        *(Outcome.REFUSED, Outcome.UNREACHABLE, Outcome.DNS, Outcome.TIMEOUT_CONNECT, Outcome.TIMEOUT_HEADERS),
        *(Outcome.TLS_EXPIRED, Outcome.TLS_UNTRUSTED, Outcome.TLS_HOSTNAME, Outcome.TLS_PROTOCOL),
    }
)
"""After one of these the other endpoints of the same address would fail alike, each after its own wait."""


def probe(target: Target) -> Iterator[Probe]:
    """The lines as they come, the cluster's identity first; a failure is a line, never an exception.

    An address that cannot be talked to at all has one line: the first.
    """
    if target.kind is Kind.DCOS:
        first = timed("identity", "/dcos-metadata/dcos-version.json", lambda: identity(target))
        yield first
        if first.outcome in NO_CONNECTION:
            return
    found = timed("leader", "/mesos/redirect" if target.kind is Kind.DCOS else "/redirect", lambda: leader(target))
    yield found
    if target.kind is Kind.MESOS and found.outcome in NO_CONNECTION:
        return
    agents: tuple[AgentPlace, ...] = ()
    for source in SOURCES:
        if target.kind in source.kinds:
            turn = next(turns(source, agents[:1], tick=0))
            agents = (yield from of_source(source, target, turn)) or agents


def timed(what: str, endpoint: str, ask: Callable[[], str]) -> Probe:
    """One question with its price."""
    started = time.monotonic()
    try:
        outcome, detail = Outcome.OK, ask()
    except PollError as error:
        outcome, detail = error.outcome, error.detail
    return Probe(
        what=what, endpoint=endpoint, outcome=outcome, detail=detail, seconds=round(time.monotonic() - started, 3)
    )


def identity(target: Target) -> str:
    with target.open(deadline_seconds=POLL_DEADLINE_SECONDS) as client:
        found = read_version(client, target.url)
    variant = f" {found.dcos_variant}" if found.dcos_variant else ""
    return f"DC/OS {found.dcos_version or 'of unknown version'}{variant}"


def leader(target: Target) -> str:
    with target.open(deadline_seconds=POLL_DEADLINE_SECONDS) as client:
        found = find_leader(client, target)
    return f"{found.host}:{found.port} leads"


def of_source(source: Source, target: Target, turn: Turn) -> Generator[Probe, None, tuple[AgentPlace, ...]]:
    """A source as a whole, then its nodes where it asked several. Returns the agents that its answer lists.

    A source that asks each agent asks the first of them as a sample.
    """
    harvests: list[Harvest] = []

    def ask() -> str:
        harvests.append(source.poll(target, turn))
        return said(harvests[0])

    line = timed(source.title, source.endpoint, ask)
    if not harvests:
        yield line
        return ()
    harvest = harvests[0]
    yield Probe(
        what=line.what, endpoint=line.endpoint, outcome=harvest.outcome, detail=line.detail, seconds=line.seconds
    )
    for node in harvest.nodes:
        yield Probe(
            what=f"{source.title}: {node.place}",
            endpoint=source.endpoint,
            outcome=node.outcome,
            detail=node.detail or ("asked at its own port" if node.direct else "asked through Admin Router"),
            seconds=line.seconds,
        )
    return agents_in(harvest.records)


def said(harvest: Harvest) -> str:
    """What a harvest holds, in a few words, with what is missing from it."""
    parts = [words for words in map(in_words, harvest.records) if words]
    masters = [record for record in harvest.records if isinstance(record, MasterSnapshot)]
    if masters:
        leads = ", ".join(f"{master.host} leads" for master in masters if master.elected) or "none of them leads"
        parts.append(f"{counted(len(masters), 'master')}, {leads}")
    machines = Counter(record.role for record in harvest.records if isinstance(record, HostMetrics))
    if machines:
        parts.append(
            f"{' and '.join(counted(number, role) for role, number in machines.items())} measured, as a sample"
        )
    dropped = [f"{times} dropped ({reason})" for reason, times in harvest.dropped.items()]
    return "; ".join([*parts, *dropped, *harvest.notes])[:500]


def in_words(record: object) -> str:
    if isinstance(record, ClusterSummary):
        return f"{counted(len(record.agents), 'agent')}, {counted(len(record.frameworks), 'framework')}"
    if isinstance(record, HealthReport):
        units = {unit.unit for node in record.nodes for unit in node.units or ()}
        return f"{counted(len(units), 'unit')} on {counted(len(record.nodes), 'node')}"
    return ""


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
