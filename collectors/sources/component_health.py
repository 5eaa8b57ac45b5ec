"""Which DC/OS component (systemd unit) is how on which node, as dcos-diagnostics saw it at its last pull.

Endpoint: GET /system/health/v1/report; past 16 MiB /system/health/v1/nodes and …/nodes/<host>/units in turn
Document: https://github.com/dcos/dcos-diagnostics/blob/master/docs/api.yaml
Yields:   HealthReport

The report holds every node twice. Only `Nodes[ip].Units[].Health` is a unit's health on that node: the nodes listed
under a unit carry the whole node's health, so they are not even decoded.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from collectors.client import MIB, Answer, Client
from collectors.decoding import Dropped, count, decode, each, from_http_date, from_rfc3339, name, one, tail
from collectors.errors import Outcome, PollError
from collectors.records import Harvest, HealthReport, NodeHealth, Turn, UnitOnNode
from collectors.sources import component_health_in_turn as in_turn
from collectors.sources.source import POLL_DEADLINE_SECONDS, Source
from collectors.target import Kind, Target

LIMIT_BYTES = 16 * MIB
MOST_AHEAD = timedelta(minutes=10)
CLOCKS_DIFFER_SECONDS = 30
TOO_LARGE_FOR_SECONDS = 3600.0
MOST_REMEMBERED = 64
PULLED_AT = "last-modified-3dt"
Code = Literal[0, 1, 2, 3]

_too_large_until: dict[str, float] = {}


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    unit: str = msgspec.field(name="UnitName")
    health: Code = msgspec.field(name="Health")
    title: str = msgspec.field(name="Title", default="")
    name: str = msgspec.field(name="PrettyName", default="")


class Node(msgspec.Struct, frozen=True, kw_only=True):
    role: str = msgspec.field(name="Role")
    health: Code = msgspec.field(name="Health")
    ip: str = msgspec.field(name="IP", default="")
    hostname: str = msgspec.field(name="Host", default="")
    mesos_id: str = msgspec.field(name="MesosID", default="")
    output: dict[str, msgspec.Raw] | None = msgspec.field(name="Output", default=None)
    units: list[msgspec.Raw] | None = msgspec.field(name="Units", default=None)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    nodes: dict[str, msgspec.Raw] | None = msgspec.field(name="Nodes")
    updated: str | None = msgspec.field(name="UpdatedTime", default=None)


def decode_report(answer: Answer) -> tuple[HealthReport, Dropped, tuple[str, ...]]:
    """The report's nodes, what was dropped of it, and notes; `empty` before diagnostics' first pull."""
    wire = decode(answer.body, Report, url=answer.url)
    if not wire.nodes:
        detail = "dcos-diagnostics lists no nodes: it has not pulled them yet, or this node does not pull"
        raise PollError(Outcome.EMPTY, detail, url=answer.url, http_status=answer.status)
    dropped: Dropped = Counter()
    # Entries are read as Raw under their key, so that one bad node leaves the others.
    keys = list(wire.nodes)
    nodes = []
    for key in keys:
        node = one(wire.nodes[key], Node, dropped, what="node")
        if node is not None:
            nodes.append(_node(key, node, dropped))
    taken_at, notes = pulled_at(answer, wire.updated, dropped)
    return HealthReport(taken_at=taken_at, nodes=tuple(nodes)), dropped, notes


def _node(key: str, wire: Node, dropped: Dropped) -> NodeHealth:
    return NodeHealth(
        host=name(key or wire.ip),
        hostname=name(wire.hostname),
        role=name(wire.role),
        health=wire.health,
        mesos_id=name(wire.mesos_id),
        units=None if wire.units is None else _units(wire.units, wire.output or {}, dropped),
    )


def _units(entries: list[msgspec.Raw], outputs: dict[str, msgspec.Raw], dropped: Dropped) -> tuple[UnitOnNode, ...]:
    units = []
    for _, wire in each(entries, Unit, dropped, what="unit"):
        output = one(outputs[wire.unit], str, dropped, what="unit output") if wire.unit in outputs else None
        unit = UnitOnNode(
            unit=name(wire.unit),
            name=name(wire.name),
            description=name(wire.title),
            health=wire.health,
            output=tail(output or ""),
        )
        units.append(unit)
    return tuple(units)


def pulled_at(answer: Answer, updated: str | None, dropped: Dropped) -> tuple[datetime, tuple[str, ...]]:
    """When diagnostics last pulled its nodes, by our clock: as long before the answer as the master says by its own.

    The header is the master's local time without a zone; the body's own time has one and wins where the two disagree.
    The master's clock is told by the answer's `Date`. A time more than ten minutes after that is not used.
    """
    header, body = from_ctime(answer.headers.get(PULLED_AT, "")), from_rfc3339(updated or "")
    stated = body if header and body and abs(header - body) > MOST_AHEAD else header
    if stated is None:
        return answer.taken_at, ()
    there = from_http_date(answer.headers.get("date", "")) or answer.taken_at
    if stated - there > MOST_AHEAD:
        ahead = (stated - there) // timedelta(minutes=1)
        count(dropped, f"{Outcome.SKEWED}: the report's time is ahead of ours")
        return answer.taken_at, (
            f"The master's clock is {ahead} minutes ahead: the moment of the answer is used instead",
        )
    off_seconds = (there - answer.taken_at).total_seconds()
    # `Date` has whole seconds, and the answer took its time: only more than that is another clock.
    if abs(off_seconds) <= CLOCKS_DIFFER_SECONDS:
        return min(stated, answer.taken_at), ()
    way = "ahead of" if off_seconds > 0 else "behind"
    note = f"The master's clock is {abs(off_seconds):.0f} s {way} ours; ages are counted by its own"
    return answer.taken_at - max(there - stated, timedelta()), (note,)


def from_ctime(text: str) -> datetime | None:
    try:
        return datetime.strptime(text.strip(), "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    except ValueError:
        return None


def poll(target: Target, turn: Turn) -> Harvest:
    """The whole report while it fits, else the nodes in turn."""
    with target.open(deadline_seconds=POLL_DEADLINE_SECONDS) as client:
        if is_known_too_large(target.url):
            return read_in_turn(client, target, turn)
        try:
            answer = client.get(f"{target.url}/system/health/v1/report", limit_bytes=LIMIT_BYTES)
        except PollError as error:
            if error.outcome is not Outcome.TOO_LARGE:
                raise
            remember_too_large(target.url)
            return read_in_turn(client, target, turn)
        report, dropped, notes = decode_report(answer)
        return Harvest(
            records=(report,), dropped=dropped, notes=notes, requests=client.requests, bytes_read=client.bytes_read
        )


def read_in_turn(client: Client, target: Target, turn: Turn) -> Harvest:
    """The nodes' list, and the units of those whose turn it is."""
    answer = client.get(f"{target.url}/system/health/v1/nodes", limit_bytes=LIMIT_BYTES)
    dropped: Dropped = Counter()
    taken_at, notes = pulled_at(answer, None, dropped)
    reading = in_turn.read(client, target.url, answer, turn=turn, dropped=dropped)
    return Harvest(
        records=(HealthReport(taken_at=taken_at, nodes=reading.nodes),),
        nodes=reading.outcomes,
        dropped=dropped,
        notes=(f"The health report is over {LIMIT_BYTES // MIB} MiB. {reading.note}", *notes),
        requests=client.requests,
        bytes_read=client.bytes_read,
    )


def is_known_too_large(url: str) -> bool:
    """Whether the report was too large within the last hour; this process' memory only."""
    return _too_large_until.get(url, 0.0) > time.monotonic()


def remember_too_large(url: str) -> None:
    if len(_too_large_until) >= MOST_REMEMBERED:
        _too_large_until.clear()
    _too_large_until[url] = time.monotonic() + TOO_LARGE_FOR_SECONDS


SOURCE = Source(
    name="component_health",
    title="Component health",
    endpoint="/system/health/v1/report",
    document="https://github.com/dcos/dcos-diagnostics/blob/master/docs/api.yaml",
    records="HealthReport",
    period_seconds=60,
    lag_seconds=60,
    kinds=frozenset({Kind.DCOS}),
    poll=poll,
)
