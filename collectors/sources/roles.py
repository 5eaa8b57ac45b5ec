"""Roles with what is allocated, offered and reserved to each, and their quota: the leading master's `/roles`.

Endpoint: GET /mesos/master/roles
Document: https://mesos.apache.org/documentation/latest/endpoints/master/roles/
Yields:   ClusterRoles

Up to Mesos 1.7 a role has `resources` alone, what is allocated and offered together, and `quota` only where one is set,
with a guarantee and no limit. From 1.8 on `allocated`, `offered` and `reserved` are told apart; from 1.9 on every role has
a `quota`, and amounts of zero are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import msgspec

from collectors.decoding import MOST_ENTRIES, Amount, Dropped, count, decode, each, name, one
from collectors.records import Bounds, ClusterRoles, Harvest, Resources, RoleSummary, Turn
from collectors.sources.source import POLL_DEADLINE_SECONDS, Source
from collectors.sources.summary import BYTES_PER_MESOS_MB
from collectors.target import Kind, Target, ask_leader


class Quantities(msgspec.Struct, frozen=True):
    """Amounts of a role. What is not named is none of it; ports and custom resources are not read."""

    cpus: Amount | None = None
    mem: Amount | None = None
    disk: Amount | None = None
    gpus: Amount | None = None

    def resources(self) -> Resources:
        return Resources(
            cpus=self.cpus or 0.0,
            mem_bytes=_bytes(self.mem) or 0.0,
            disk_bytes=_bytes(self.disk) or 0.0,
            gpus=self.gpus or 0.0,
        )

    def bounds(self) -> Bounds:
        return Bounds(cpus=self.cpus, mem_bytes=_bytes(self.mem), disk_bytes=_bytes(self.disk), gpus=self.gpus)


class Quota(msgspec.Struct, frozen=True):
    guarantee: Quantities | None = None
    limit: Quantities | None = None


class Role(msgspec.Struct, frozen=True, kw_only=True):
    name: Annotated[str, msgspec.Meta(min_length=1)]
    weight: Amount | None = None
    quota: Quota | None = None
    resources: Quantities | None = None
    allocated: Quantities | None = None
    offered: Quantities | None = None
    reserved: Quantities | None = None
    frameworks: list[msgspec.Raw] | None = None


class Answer(msgspec.Struct, frozen=True):
    roles: list[msgspec.Raw]


def decode_roles(body: bytes, taken_at: datetime, *, url: str = "") -> tuple[ClusterRoles, Dropped]:
    """The answer's roles in its order; one that cannot be read, or is named again, is dropped with the reason."""
    answer = decode(body, Answer, url=url)
    dropped: Dropped = Counter()
    roles: dict[str, RoleSummary] = {}
    for _, wire in each(answer.roles, Role, dropped, what="role"):
        role = _role(wire, dropped)
        if role.name in roles:
            count(dropped, "role: named twice")
        else:
            roles[role.name] = role
    return ClusterRoles(taken_at=taken_at, roles=tuple(roles.values())), dropped


def _role(wire: Role, dropped: Dropped) -> RoleSummary:
    quota = wire.quota or Quota()
    # Where the two are told apart `resources` is their sum again.
    allocated = wire.allocated or wire.resources
    return RoleSummary(
        name=name(wire.name),
        weight=wire.weight,
        allocated=allocated.resources() if allocated else None,
        offered=wire.offered.resources() if wire.offered else None,
        reserved=wire.reserved.resources() if wire.reserved else None,
        guarantee=(quota.guarantee or Quantities()).bounds(),
        limit=(quota.limit or Quantities()).bounds(),
        frameworks=tuple(_ids(wire.frameworks or (), dropped)),
    )


def _ids(entries: Iterable[msgspec.Raw], dropped: Dropped) -> Iterable[str]:
    """Each framework's id once; entries that are none are dropped."""
    ids: dict[str, None] = {}
    for entry in entries:
        found = one(entry, str, dropped, what="framework of a role")
        if found and len(ids) < MOST_ENTRIES:
            ids[name(found)] = None
    return ids


def _bytes(megabytes: float | None) -> float | None:
    return None if megabytes is None else megabytes * BYTES_PER_MESOS_MB


def poll(target: Target, turn: Turn) -> Harvest:
    """One answer of the leading master."""
    with target.open(deadline_seconds=POLL_DEADLINE_SECONDS) as client:
        answer = ask_leader(client, target, "/master/roles", known_masters=turn.known_masters)
        roles, dropped = decode_roles(answer.body, answer.taken_at, url=answer.url)
        return Harvest(records=(roles,), dropped=dropped, requests=client.requests, bytes_read=client.bytes_read)


SOURCE = Source(
    name="roles",
    title="Roles and quota",
    endpoint="/mesos/master/roles",
    document="https://mesos.apache.org/documentation/latest/endpoints/master/roles/",
    records="ClusterRoles",
    period_seconds=60,
    lag_seconds=0,
    kinds=frozenset(Kind),
    poll=poll,
)
