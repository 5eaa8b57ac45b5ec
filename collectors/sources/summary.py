"""Agents, their allocation, and frameworks with task counts: the leading master's whole view in one answer.

Endpoint: GET /mesos/master/state-summary, /dcos-metadata/dcos-version.json
Document: https://mesos.apache.org/documentation/latest/endpoints/master/state-summary/
Yields:   ClusterSummary, and ClusterVersion once a minute on DC/OS
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import msgspec

from collectors.client import MIB
from collectors.decoding import Amount, Count, Dropped, decode, each, moment, name, one, strings
from collectors.errors import PollError
from collectors.records import (
    AGENT_PORT,
    AgentSummary,
    ClusterSummary,
    FrameworkSummary,
    Harvest,
    Record,
    Resources,
    TaskCounts,
    Turn,
)
from collectors.sources.source import POLL_DEADLINE_SECONDS, Source
from collectors.target import Kind, Target, ask_leader
from collectors.version import read_version

BYTES_PER_MESOS_MB = 1024**2  # Mesos says MB and means mebibytes.
LIMIT_BYTES = 64 * MIB
VERSION_EVERY_SECONDS = 60
MOST_ATTRIBUTES = 100
PUBLIC_ROLE = "slave_public"
NO_VALUE = msgspec.Raw(b"null")


class Amounts(msgspec.Struct, frozen=True):
    cpus: Amount
    mem: Amount
    disk: Amount
    gpus: Amount = 0.0

    def record(self) -> Resources:
        return Resources(
            cpus=self.cpus,
            mem_bytes=self.mem * BYTES_PER_MESOS_MB,
            disk_bytes=self.disk * BYTES_PER_MESOS_MB,
            gpus=self.gpus,
        )


class Tasks(msgspec.Struct, frozen=True, kw_only=True, rename=lambda field: f"TASK_{field.upper()}"):
    """Without TASK_RUNNING, which every version has, there are no task counts; some states came with later versions."""

    running: Count
    staging: Count = 0
    starting: Count = 0
    killing: Count = 0
    unreachable: Count = 0
    finished: Count = 0
    failed: Count = 0
    killed: Count = 0
    lost: Count = 0
    error: Count = 0

    def record(self) -> TaskCounts:
        return TaskCounts(**{field: int(getattr(self, field)) for field in self.__struct_fields__})


class Named(msgspec.Struct, frozen=True):
    name: str = ""


class FaultDomain(msgspec.Struct, frozen=True):
    region: Named = Named()
    zone: Named = Named()


class Domain(msgspec.Struct, frozen=True):
    fault_domain: FaultDomain | None = None


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    hostname: str
    resources: Amounts
    used_resources: Amounts
    offered_resources: Amounts
    active: bool
    pid: str = ""
    port: Count | None = None
    deactivated: bool = False
    drain_info: msgspec.Raw = NO_VALUE
    version: str = ""
    registered_time: float | None = None
    reregistered_time: float | None = None
    attributes: dict[str, msgspec.Raw] | None = None
    reserved_resources: dict[str, msgspec.Raw] | None = None
    unreserved_resources: msgspec.Raw = NO_VALUE
    domain: Domain | None = None


class Framework(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    used_resources: Amounts
    offered_resources: Amounts
    active: bool = True
    """Old versions do not say; to be listed is to be registered."""
    connected: bool | None = None
    slave_ids: list[msgspec.Raw] = []


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    hostname: str
    slaves: list[msgspec.Raw]
    frameworks: list[msgspec.Raw]
    cluster: str | None = None


def decode_summary(body: bytes, taken_at: datetime, *, url: str = "") -> tuple[ClusterSummary, Dropped]:
    """The answer's agents and frameworks; an entry without its resources or counts is dropped with the reason."""
    summary = decode(body, Summary, url=url)
    dropped: Dropped = Counter()
    return ClusterSummary(
        taken_at=taken_at,
        leader_hostname=name(summary.hostname),
        cluster_name=None if summary.cluster is None else name(summary.cluster),
        agents=tuple(_agents(summary.slaves, dropped)),
        frameworks=tuple(_frameworks(summary.frameworks, dropped)),
    ), dropped


def _agents(entries: list[msgspec.Raw], dropped: Dropped) -> list[AgentSummary]:
    agents = []
    for entry, wire in each(entries, Agent, dropped, what="agent"):
        tasks = one(entry, Tasks, dropped, what="agent")
        if tasks is not None:
            agents.append(_agent(wire, tasks.record(), dropped))
    return agents


def _agent(wire: Agent, tasks: TaskCounts, dropped: Dropped) -> AgentSummary:
    attributes = strings(wire.attributes or {}, dropped, most=MOST_ATTRIBUTES, what="agent attribute")
    host, port = place_of(wire)
    fault = wire.domain.fault_domain if wire.domain else None
    public = attributes.get("public_ip") == "true" or PUBLIC_ROLE in (wire.reserved_resources or {})
    return AgentSummary(
        agent_id=name(wire.id),
        host=host,
        port=port,
        hostname=name(wire.hostname),
        active=wire.active,
        deactivated=wire.deactivated,
        draining=bytes(wire.drain_info) not in (b"null", b"{}"),
        public=public,
        region=name(fault.region.name) if fault else attributes.get("region", ""),
        zone=name(fault.zone.name) if fault else attributes.get("zone", ""),
        version=name(wire.version),
        registered_at=moment(wire.registered_time),
        reregistered_at=moment(wire.reregistered_time),
        attributes=attributes,
        total=wire.resources.record(),
        allocated=wire.used_resources.record(),
        offered=wire.offered_resources.record(),
        tasks=tasks,
        unreserved=_unreserved(wire),
    )


def _unreserved(wire: Agent) -> Resources | None:
    """What no role has reserved; not to be read is not to be said, the agent is no worse for it."""
    found = one(wire.unreserved_resources, Amounts, Counter(), what="agent")
    return None if found is None else found.record()


def place_of(wire: Agent) -> tuple[str, int]:
    """The agent's IP and port out of a pid such as `slave(1)@10.0.0.7:5051`, else its hostname and port."""
    host, _, port = wire.pid.rpartition("@")[2].rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if host and len(port) < 6 and port.isascii() and port.isdigit():
        return name(host), int(port)
    return name(wire.hostname), AGENT_PORT if wire.port is None else int(wire.port)


def _frameworks(entries: list[msgspec.Raw], dropped: Dropped) -> list[FrameworkSummary]:
    frameworks = []
    for entry, wire in each(entries, Framework, dropped, what="framework"):
        tasks = one(entry, Tasks, dropped, what="framework")
        if tasks is None:
            continue
        framework = FrameworkSummary(
            framework_id=name(wire.id),
            name=name(wire.name),
            active=wire.active,
            connected=wire.active if wire.connected is None else wire.connected,
            allocated=wire.used_resources.record(),
            offered=wire.offered_resources.record(),
            tasks=tasks.record(),
            agents=len(wire.slave_ids),
        )
        frameworks.append(framework)
    return frameworks


def poll(target: Target, turn: Turn) -> Harvest:
    """The summary; the version beside it may fail without harm."""
    with target.open(deadline_seconds=POLL_DEADLINE_SECONDS) as client:
        answer = ask_leader(
            client,
            target,
            "/master/state-summary",
            known_masters=turn.known_masters,
            limit_bytes=LIMIT_BYTES,
            total_seconds=POLL_DEADLINE_SECONDS,
        )
        summary, dropped = decode_summary(answer.body, answer.taken_at, url=answer.url)
        records: list[Record] = [summary]
        notes: list[str] = []
        if target.kind is Kind.DCOS and turn.tick % VERSION_EVERY_SECONDS == 0:
            try:
                records.append(read_version(client, target.url))
            except PollError as error:
                notes.append(f"The DC/OS version could not be read: {error.detail}")
        return Harvest(
            records=tuple(records),
            dropped=dropped,
            notes=tuple(notes),
            requests=client.requests,
            bytes_read=client.bytes_read,
        )


SOURCE = Source(
    name="summary",
    title="Agents and frameworks",
    endpoint="/mesos/master/state-summary",
    document="https://mesos.apache.org/documentation/latest/endpoints/master/state-summary/",
    records="ClusterSummary, ClusterVersion",
    period_seconds=10,
    lag_seconds=0,
    kinds=frozenset(Kind),
    poll=poll,
)
