"""What roles held and were guaranteed over the demo's past day."""

from __future__ import annotations

from datetime import datetime

import msgspec
from django.utils import timezone

from collectors.records import ClusterRoles, Harvest
from collectors.simulator import World
from collectors.simulator.roles import roles as told
from collectors.sources.roles import decode_roles
from dashboard.models import Cluster
from dashboard.store import ingest, roles
from dashboard.store.writing import Writing


class Roles:
    """The list is written when who is in it changes, readings together at the end."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.shape: object = None
        self.said: list[tuple[int, ClusterRoles]] = []

    def add(self, world: World, at: datetime, *, always: bool) -> None:
        moment = world.at(at.timestamp())
        if moment.leader is None:
            return
        said = decode_roles(msgspec.json.encode(told(moment)), at)[0]
        writing, shape = Writing(cluster=self.cluster, tick=int(at.timestamp()), now=at), _shape(said)
        if always or shape != self.shape:
            ingest.harvest(writing, "roles", Harvest(records=(said,)), duration_seconds=0.0)
            self.shape = shape
        self.said.append((writing.tick, said))

    def write_readings(self) -> None:
        roles.write_many(self.cluster, self.said, seen_at=timezone.now())


def _shape(said: ClusterRoles) -> object:
    return [(role.name, role.frameworks) for role in said.roles]
