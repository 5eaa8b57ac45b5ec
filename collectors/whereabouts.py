"""Where a cluster's masters are: registered, led to by Admin Router, or listed by dcos-diagnostics.

Endpoint: GET /mesos/redirect, /system/health/v1/nodes
Document: https://github.com/dcos/dcos-diagnostics/blob/master/docs/api.yaml
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import msgspec

from collectors.addresses import origin_of
from collectors.client import Client
from collectors.decoding import Dropped, count, each
from collectors.errors import Outcome, PollError
from collectors.records import NodeOutcome, Turn
from collectors.target import Kind, Target, find_leader

MOST_MASTERS = 9
NODES_EVERY_SECONDS = 60
NOT_FROM_HERE = frozenset(
    {Outcome.REFUSED, Outcome.UNREACHABLE, Outcome.DNS, Outcome.TIMEOUT_CONNECT, Outcome.TIMEOUT_HEADERS}
)


class Node(msgspec.Struct, frozen=True):
    host_ip: str
    role: str = ""


class Nodes(msgspec.Struct, frozen=True):
    nodes: list[msgspec.Raw] | None = None


@dataclass(frozen=True, kw_only=True)
class Place:
    """One master and where it is asked."""

    host: str
    port: int
    url: str
    direct: bool = True


@dataclass(kw_only=True)
class Findings:
    """Whom to ask, and what went wrong in finding them out."""

    places: list[Place] = field(default_factory=list)
    errors: list[PollError] = field(default_factory=list)
    dropped: Dropped = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add(self, place: Place) -> None:
        """One more master; a host that is already among them is not asked twice."""
        if any((place.host, place.port) == (known.host, known.port) for known in self.places):
            return
        if len(self.places) >= MOST_MASTERS:
            count(self.dropped, f"master: more than {MOST_MASTERS}")
            return
        self.places.append(place)


def fate_of(place: Place, error: PollError | None, kind: Kind) -> NodeOutcome:
    """A master's line for the operator. That DC/OS keeps masters' own ports closed to us is usual, and told apart."""
    if error is None:
        return NodeOutcome(host=place.host, port=place.port, outcome=Outcome.OK, direct=place.direct)
    detail = error.detail
    if kind is Kind.DCOS and place.direct and error.outcome in NOT_FROM_HERE:
        detail = f"Not reachable from here: {detail}"
    return NodeOutcome(host=place.host, port=place.port, outcome=error.outcome, detail=detail, direct=place.direct)


def find_registered(target: Target) -> Findings:
    """mesos: the masters somebody registered."""
    found = Findings()
    for url in target.masters:
        found.add(direct_place(url))
    return found


def direct_place(url: str) -> Place:
    origin = origin_of(url)
    return Place(host=origin.host, port=origin.port, url=url)


def find_through_router(client: Client, target: Target, turn: Turn) -> Findings:
    """dcos: the leader through Admin Router, the other masters at their own ports."""
    found = Findings()
    try:
        leader = find_leader(client, target)
        found.add(Place(host=leader.host, port=leader.port, url=f"{target.url}/mesos", direct=False))
    except PollError as error:
        found.errors.append(error)
        found.notes.append(f"Admin Router did not lead to the leading master: {error.detail}")
        count(found.dropped, f"leader through Admin Router: {error.outcome}")
    for url in direct_urls(client, target, turn, found):
        found.add(direct_place(url))
    return found


def direct_urls(client: Client, target: Target, turn: Turn, found: Findings) -> list[str]:
    """Where the masters' own ports are: as registered, else on every host that diagnostics calls a master."""
    if target.master_urls:
        return list(target.master_urls)
    hosts = list(turn.known_masters)
    if not hosts or turn.tick % NODES_EVERY_SECONDS == 0:
        try:
            hosts += list_masters(client, target, found)
        except PollError as error:
            found.errors.append(error)
            found.notes.append(f"The list of masters could not be read: {error.detail}")
    urls = {host: target.direct_master(host) for host in hosts}
    count(found.dropped, "master: unsafe host name", sum(url is None for url in urls.values()))
    return [url for url in urls.values() if url is not None]


def list_masters(client: Client, target: Target, found: Findings) -> list[str]:
    """Hosts with the role master in diagnostics' list of nodes; masters appear in no list of Mesos."""
    nodes = client.get_json(f"{target.url}/system/health/v1/nodes", Nodes).nodes or []
    return [node.host_ip for _, node in each(nodes, Node, found.dropped, what="node") if node.role == "master"]
