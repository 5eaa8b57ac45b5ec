"""What an agent's flags mean for its figures: what is measured, what is limited, what nobody counts. Pure.

Document: https://mesos.apache.org/documentation/latest/mesos-containerizer/, …/configuration/agent/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from collectors.flags_said import declares_resources

ALL_CGROUPS = "cgroups/all"
DISK = ("disk/du", "disk/xfs", "posix/disk", "xfs/disk")
"""Isolators that measure sandboxes, the last by its older name."""
NETWORK = "network/port_mapping"
MOST_SHOWN = 200
Flags = Mapping[str, str]


@dataclass(frozen=True)
class Meaning:
    """A subject, the flags it is read from as they were said, and what follows."""

    subject: str
    said: str
    means: str


def meanings(flags: Flags) -> list[Meaning]:
    """Every subject whose flags were said."""
    every = (_cpu, _memory, _disk, _disk_io, _network, _resources, _docker)
    return [meaning for one in every if (meaning := one(flags)) is not None]


def isolates(flags: Flags, *isolators: str) -> bool:
    """Whether the agent was started with one of these isolators."""
    used = {one.strip() for one in flags.get("isolation", "").split(",")}
    return any(one in used or (one.startswith("cgroups/") and ALL_CGROUPS in used) for one in isolators)


def _cpu(flags: Flags) -> Meaning | None:
    if "isolation" not in flags:
        return None
    if not isolates(flags, "cgroups/cpu"):
        return Meaning(
            "CPU", _isolation(flags, "cpu"), "measured, not limited: a container may use more than it asked for"
        )
    capped = flags.get("cgroups_enable_cfs")
    said = f"{_isolation(flags, 'cpu')}; cgroups_enable_cfs={capped or '?'}"
    if capped == "true":
        return Meaning("CPU", said, "limited: a container that wants more than its limit is held back")
    if capped == "false":
        return Meaning(
            "CPU", said, "shared by weight, not limited: what others leave over may be used, and nobody is held back"
        )
    return Meaning("CPU", said, "shared by weight; whether it is limited too is not told")


def _memory(flags: Flags) -> Meaning | None:
    if "isolation" not in flags:
        return None
    if not isolates(flags, "cgroups/mem"):
        return Meaning(
            "Memory", _isolation(flags, "mem"), "measured, not limited: nothing is killed for using too much"
        )
    swap = flags.get("cgroups_limit_swap")
    said = _isolation(flags, "mem") + (f"; cgroups_limit_swap={swap}" if swap else "")
    beside = ", swap included" if swap == "true" else ""
    return Meaning("Memory", said, f"limited{beside}: a container above its limit is killed")


def _disk(flags: Flags) -> Meaning | None:
    if "isolation" not in flags:
        return None
    if not isolates(flags, *DISK):
        return Meaning("Disk", _isolation(flags, "disk"), "not measured: how much a sandbox takes is not known")
    enforced = flags.get("enforce_container_disk_quota")
    said = _isolation(flags, "disk") + (f"; enforce_container_disk_quota={enforced}" if enforced else "")
    if enforced == "true":
        return Meaning("Disk", said, "limited: a container above its limit is killed")
    return Meaning("Disk", said, "measured, not limited")


def _disk_io(flags: Flags) -> Meaning | None:
    if "isolation" not in flags or isolates(flags, "cgroups/blkio"):
        return None
    return Meaning("Disk I/O", "isolation without cgroups/blkio", "not measured for containers")


def _network(flags: Flags) -> Meaning | None:
    if "isolation" not in flags or isolates(flags, NETWORK):
        return None
    return Meaning("Network", f"isolation without {NETWORK}", "usually not measured for containers")


def _resources(flags: Flags) -> Meaning | None:
    if "isolation" not in flags and "resources" not in flags:
        return None
    said = f"resources={flags['resources'][:MOST_SHOWN]}" if flags.get("resources") else "resources not set"
    if declares_resources(flags):
        return Meaning("Resources", said, "declared by whoever set the agent up, whatever the machine has")
    return Meaning(
        "Resources", said, "CPU and memory detected by Mesos: less than the machine has, some is kept for it"
    )


def _docker(flags: Flags) -> Meaning | None:
    if "docker" not in flags.get("containerizers", "").split(","):
        return None
    return Meaning(
        "Docker containers",
        f"containerizers={flags['containerizers']}",
        "tell CPU and memory; disk, network, processes and file cache are not measured",
    )


def _isolation(flags: Flags, of: str) -> str:
    """Those isolators of the list that are about this."""
    named = [one for one in flags["isolation"].split(",") if of in one or one == ALL_CGROUPS]
    return f"isolation={','.join(named)}" if named else f"isolation without one for {of}"
