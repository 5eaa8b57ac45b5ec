"""What the leading master says of its roles: who may hold how much, and holds how much."""

from __future__ import annotations

from datetime import datetime

import msgspec

from collectors.records.mesos import Resources


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """A role's guarantee or limit of each resource; None where there is none. A limit of 0 forbids, it is not absent."""

    cpus: float | None = None
    mem_bytes: float | None = None
    disk_bytes: float | None = None
    gpus: float | None = None


class RoleSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One role. `*` is the one that nothing is reserved for; roles below another (`eng/dev`) may count in both."""

    name: str
    weight: float | None
    allocated: Resources | None
    """None where the answer holds no amounts of this role. Before Mesos 1.8 what is offered is in it too, then `offered`
    is None."""
    offered: Resources | None
    reserved: Resources | None
    """Reserved for the role, in use or not; None before Mesos 1.8."""
    guarantee: Bounds
    limit: Bounds
    """Without any before Mesos 1.9, where a guarantee was the limit as well."""
    frameworks: tuple[str, ...]
    """Ids of the frameworks that are subscribed to it; one may be subscribed to several."""


class ClusterRoles(msgspec.Struct, frozen=True, kw_only=True):
    """Every role the leading master knew at one moment: those with a framework, a reservation, a weight or a quota."""

    taken_at: datetime
    roles: tuple[RoleSummary, ...]
