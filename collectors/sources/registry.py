"""Which agents are unreachable or marked gone, and which machines are under maintenance: the leading master's registry.

Endpoint: GET /mesos/registrar(1)/registry
Document: https://mesos.apache.org/documentation/latest/endpoints/registrar/registry/
Yields:   ClusterRegistry

Every master serves it and none sends on: one that has not led in this life has not read the registry and answers `{}`. What
is empty is left out, so a version without unreachable (before 1.1) or gone agents (before 1.5) looks like a cluster that has
none. Times are nanoseconds since 1970. The schedule is not read: each machine in it stands under `machines` with its window.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec

from collectors.client import MIB, Client
from collectors.decoding import Dropped, decode, each, moment, name
from collectors.errors import Outcome, PollError
from collectors.records import ClusterRegistry, Harvest, MachineMode, Mode, Turn
from collectors.sources.source import POLL_DEADLINE_SECONDS, Source
from collectors.target import Kind, Target, find_leader

PATH = "/registrar(1)/registry"
LIMIT_BYTES = 64 * MIB
"""It lists every agent with its resources and attributes."""
NANOSECONDS = 1e9
NO_VALUE = msgspec.Raw(b"null")


class Nanoseconds(msgspec.Struct, frozen=True):
    nanoseconds: float | None = None

    @property
    def seconds(self) -> float | None:
        return None if self.nanoseconds is None else self.nanoseconds / NANOSECONDS


class Id(msgspec.Struct, frozen=True):
    value: Annotated[str, msgspec.Meta(min_length=1)]


class AgentInfo(msgspec.Struct, frozen=True):
    id: Id


class Admitted(msgspec.Struct, frozen=True):
    info: AgentInfo


class Left(msgspec.Struct, frozen=True):
    id: Id
    timestamp: Nanoseconds = Nanoseconds()


class Agents(msgspec.Struct, frozen=True):
    slaves: list[msgspec.Raw] = []


class MachineId(msgspec.Struct, frozen=True):
    hostname: str = ""
    ip: str = ""


class Unavailability(msgspec.Struct, frozen=True):
    start: Nanoseconds = Nanoseconds()
    duration: Nanoseconds = Nanoseconds()


class MachineInfo(msgspec.Struct, frozen=True):
    id: MachineId
    mode: Mode = Mode.UP
    unavailability: Unavailability = Unavailability()


class Machine(msgspec.Struct, frozen=True):
    info: MachineInfo


class Machines(msgspec.Struct, frozen=True):
    machines: list[msgspec.Raw] = []


class Answer(msgspec.Struct, frozen=True):
    master: msgspec.Raw = NO_VALUE
    slaves: Agents = Agents()
    unreachable: Agents = Agents()
    gone: Agents = Agents()
    machines: Machines = Machines()


def decode_registry(body: bytes, taken_at: datetime, *, url: str = "") -> tuple[ClusterRegistry, Dropped]:
    """The registry; an entry that cannot be read is dropped with the reason. PollError `not_leader` for an empty one."""
    answer = decode(body, Answer, url=url)
    if bytes(answer.master) in (b"null", b"{}"):
        raise PollError(Outcome.NOT_LEADER, "The master reached has not read the registry: it does not lead", url=url)
    dropped: Dropped = Counter()
    admitted = each(answer.slaves.slaves, Admitted, dropped, what="agent")
    return ClusterRegistry(
        taken_at=taken_at,
        admitted=tuple(name(wire.info.id.value) for _, wire in admitted),
        unreachable=_left(answer.unreachable, dropped, what="unreachable agent"),
        gone=_left(answer.gone, dropped, what="agent marked gone"),
        machines=tuple(_machines(answer.machines.machines, dropped)),
    ), dropped


def _left(agents: Agents, dropped: Dropped, *, what: str) -> dict[str, datetime | None]:
    entries = each(agents.slaves, Left, dropped, what=what)
    return {name(wire.id.value): moment(wire.timestamp.seconds) for _, wire in entries}


def _machines(entries: Sequence[msgspec.Raw], dropped: Dropped) -> list[MachineMode]:
    machines = []
    for _, wire in each(entries, Machine, dropped, what="machine"):
        info, window = wire.info, wire.info.unavailability
        begins, lasts = window.start.seconds, window.duration.seconds
        ends = None if begins is None or lasts is None else begins + lasts
        machine = MachineMode(
            hostname=name(info.id.hostname),
            ip=name(info.id.ip),
            mode=info.mode,
            begins_at=moment(begins),
            ends_at=moment(ends),
        )
        machines.append(machine)
    return machines


def poll(target: Target, turn: Turn) -> Harvest:
    """One answer of the leading master, on Mesos after the question who that is."""
    with target.open(deadline_seconds=POLL_DEADLINE_SECONDS) as client:
        url = f"{_door(client, target, turn)}{PATH}"
        answer = client.get(url, limit_bytes=LIMIT_BYTES, total_seconds=POLL_DEADLINE_SECONDS)
        registry, dropped = decode_registry(answer.body, answer.taken_at, url=answer.url)
        return Harvest(records=(registry,), dropped=dropped, requests=client.requests, bytes_read=client.bytes_read)


def _door(client: Client, target: Target, turn: Turn) -> str:
    if target.kind is Kind.DCOS:
        return target.leader_doors[0]
    return target.leader_url(find_leader(client, target), turn.known_masters)


SOURCE = Source(
    name="registry",
    title="Registry",
    endpoint="/mesos/registrar(1)/registry",
    document="https://mesos.apache.org/documentation/latest/endpoints/registrar/registry/",
    records="ClusterRegistry",
    period_seconds=60,
    lag_seconds=0,
    kinds=frozenset(Kind),
    poll=poll,
)
