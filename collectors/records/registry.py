"""What the leading master's registry holds of agents that are away, and of machines under maintenance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec


class Mode(StrEnum):
    """Mesos' three modes of a machine. It is draining from the moment its maintenance is scheduled, however far ahead."""

    UP = "UP"
    DRAINING = "DRAINING"
    DOWN = "DOWN"


class MachineMode(msgspec.Struct, frozen=True, kw_only=True):
    """A machine that maintenance was scheduled for."""

    hostname: str
    """As the operator gave it; empty where only the address was given, as is `ip` the other way round."""
    ip: str
    mode: Mode
    begins_at: datetime | None
    ends_at: datetime | None
    """None where no duration was given: until an operator ends it."""

    def is_of(self, *, host: str, hostname: str) -> bool:
        """Whether it is the machine of an agent at this address with this name: all that was given must agree."""
        given = [(self.ip, host), (self.hostname, hostname)]
        return any(said for said, _ in given) and all(not said or said.lower() == is_.lower() for said, is_ in given)


class ClusterRegistry(msgspec.Struct, frozen=True, kw_only=True):
    """Agents by id as the registry has them at one moment; it outlives masters, so a fail-over changes nothing in it."""

    taken_at: datetime
    admitted: tuple[str, ...]
    """Registered agents, and after a fail-over those that are waited for."""
    unreachable: Mapping[str, datetime | None]
    """Since when Mesos holds them for lost, by its own clock; None where the entry has no time. From Mesos 1.1 on."""
    gone: Mapping[str, datetime | None]
    """When an operator marked them gone, for ever. From Mesos 1.5 on."""
    machines: tuple[MachineMode, ...]
