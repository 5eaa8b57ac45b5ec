"""“Test connection”: every endpoint Day Two will read, asked once, a line for each."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from collectors import login
from collectors.addresses import origin_of
from collectors.errors import Outcome, PollError
from collectors.records import (
    AgentContainers,
    AgentPlace,
    AgentSnapshot,
    ClusterRegistry,
    ClusterRoles,
    ClusterSummary,
    ClusterTasks,
    Flags,
    Harvest,
    HealthReport,
    HostMetrics,
    MarathonApps,
    MarathonDeployments,
    MarathonQueue,
    MarathonSnapshot,
    MasterSnapshot,
    Record,
    RunKind,
    Turn,
)
from collectors.sessions import SignIn
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


IDENTITY, SIGN_IN = "identity", "sign-in"
NO_CONNECTION = frozenset(
    {
        *(Outcome.REFUSED, Outcome.UNREACHABLE, Outcome.DNS, Outcome.TIMEOUT_CONNECT, Outcome.TIMEOUT_HEADERS),
        *(Outcome.TLS_EXPIRED, Outcome.TLS_UNTRUSTED, Outcome.TLS_HOSTNAME, Outcome.TLS_PROTOCOL),
    }
)
"""After one of these the other endpoints of the same address would fail alike, each after its own wait."""


def probe(target: Target) -> Iterator[Probe]:
    """The lines as they come, the cluster's identity first; a failure is a line, never an exception.

    An address that cannot be talked to at all has one line, the first; after a sign-in that failed there is none more.
    """
    if target.kind is Kind.DCOS:
        first = timed(IDENTITY, "/dcos-metadata/dcos-version.json", lambda: identity(target))
        yield first
        if first.outcome in NO_CONNECTION:
            return
    if target.sign_in is not None:
        signed = timed(SIGN_IN, login.PATH, partial(signed_in, target, target.sign_in))
        yield signed
        if signed.outcome is not Outcome.OK:
            return
    found = timed("leader", "/mesos/redirect" if target.kind is Kind.DCOS else "/redirect", lambda: leader(target))
    yield found
    if target.kind is Kind.MESOS and found.outcome in NO_CONNECTION:
        return
    agents: tuple[AgentPlace, ...] = ()
    for source in SOURCES:
        if target.kind in source.kinds and (target.marathons or not source.asks_marathon):
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
    """Told to everybody, so that a wrong address and a wrong token or password are two lines."""
    with target.open(deadline_seconds=POLL_DEADLINE_SECONDS, anonymous=True) as client:
        found = read_version(client, target.url)
    variant = f" {found.dcos_variant}" if found.dcos_variant else ""
    return f"DC/OS {found.dcos_version or 'of unknown version'}{variant}"


def signed_in(target: Target, way: SignIn) -> str:
    with target.open(deadline_seconds=POLL_DEADLINE_SECONDS) as client:
        uid, until = way.anew(client)
    holds = f"the token holds until {until:%Y-%m-%d %H:%M} UTC" if until else "the token does not say how long it holds"
    in_clear = (
        ""
        if origin_of(target.url).scheme == "https"
        else "; over http, so user name and password were readable on the way"
    )
    return f"Signed in as {uid}; {holds}{in_clear}"


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
    if not (harvest.records or harvest.nodes):
        return ()  # it asks agents, and none is known: nobody was asked, so nobody answered
    yield Probe(
        what=line.what, endpoint=line.endpoint, outcome=harvest.outcome, detail=line.detail, seconds=line.seconds
    )
    for node in () if source.asks_marathon and len(harvest.nodes) == 1 else harvest.nodes:
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
    parts += sampled(harvest.records)
    dropped = [f"{times} dropped ({reason})" for reason, times in harvest.dropped.items()]
    return "; ".join([*parts, *dropped, *harvest.notes])[:500]


def sampled(records: Sequence[Record]) -> Iterator[str]:
    """What was asked of each agent or machine, of which the first agent stands for all."""
    machines = Counter(one.role for one in records if isinstance(one, HostMetrics))
    if machines:
        yield f"{enumerated(machines)} measured, as a sample"
    agents = Counter(one.registered for one in records if isinstance(one, AgentSnapshot))
    for registered, number in agents.items():
        yield f"{counted(number, 'agent')} {'' if registered else 'not '}registered, as a sample"
    lists = [one.containers for one in records if isinstance(one, AgentContainers)]
    if lists:
        yield f"{counted(sum(map(len, lists)), 'container')} on {counted(len(lists), 'agent')}, as a sample"
    flags = Counter("agent" if one.agent_id else "master" for one in records if isinstance(one, Flags))
    if flags:
        yield f"flags of {enumerated(flags)}, as a sample"


def enumerated(numbers: Mapping[str, int]) -> str:
    return " and ".join(counted(number, noun) for noun, number in numbers.items())


def in_words(record: object) -> str:
    if isinstance(record, ClusterSummary):
        return f"{counted(len(record.agents), 'agent')}, {counted(len(record.frameworks), 'framework')}"
    if isinstance(record, ClusterRoles):
        return counted(len(record.roles), "role")
    if isinstance(record, ClusterRegistry):
        left = f"{len(record.unreachable)} unreachable, {len(record.gone)} marked gone"
        return f"{counted(len(record.admitted), 'agent')}, {left}"
    if isinstance(record, HealthReport):
        units = {unit.unit for node in record.nodes for unit in node.units or ()}
        return f"{counted(len(units), 'unit')} on {counted(len(record.nodes), 'node')}"
    return of_applications(record)


def of_applications(record: object) -> str:
    if isinstance(record, ClusterTasks):
        return f"{counted(sum(task.is_active for task in record.tasks), 'task')} under way"
    if isinstance(record, MarathonApps):
        kinds = Counter(str(app.kind) for app in record.apps)
        return f"{counted(kinds[RunKind.APP], 'app')}, {counted(kinds[RunKind.POD], 'pod')}"
    if isinstance(record, MarathonDeployments):
        return f"{counted(len(record.deployments), 'deployment')} under way"
    if isinstance(record, MarathonQueue):
        return f"{counted(len(record.waiting), 'app')} waiting"
    if isinstance(record, MarathonSnapshot):
        return f"Marathon {record.version}, {record.leader or 'nobody'} leads, {counted(len(record.metrics), 'metric')}"
    return ""


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
