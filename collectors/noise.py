"""Which of a machine's mounts and interfaces say nothing of their own, because they are a container's or the kernel's.

Kept are disks and what the host itself speaks through: physical interfaces under whatever name, bonds, VLANs and DC/OS's
overlay (`vtep…`). Left out are what comes and goes with containers, so that a machine's subjects stay few.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

Figures = Mapping[str, float]

# Below these, not the directories themselves: Docker and Mesos often have a disk of their own there.
CONTAINER_PATHS = re.compile(
    r"/var/lib/(?:docker|containerd|containers|kubelet)/.|/var/lib/mesos/slave/(?:slaves|provisioner|volumes|store)/."
)
# Made by the kernel in memory, or images that are always full.
KERNEL_PATHS = re.compile(r"/(?:run|var/run|dev|proc|sys|snap)(?:/|$)")
# DC/OS gives each MOUNT disk such a path. Two fresh ones of a size have the same figures and yet are two devices.
OWN_DEVICE = re.compile(r"/dcos/volume\d+$")

INTERFACES = re.compile(
    r"lo\d*$|all$"  # the machine itself; Telegraf's sum of all protocols
    r"|veth|cali|cni|tap|ifb|dummy|docker|br-|virbr"  # ends of containers' links and their bridges
    r"|[dm]-|minuteman$|spartan$"  # DC/OS: bridges of the overlay for Docker and Mesos, addresses of its DNS and balancer
    r"|(?:gre|gretap|erspan|sit|tunl|ip6tnl|ip_vti|ip6_vti|teql)0$"  # stubs that the kernel makes with a module
)


@lru_cache(maxsize=8192)
def is_noise_path(path: str) -> bool:
    return bool(CONTAINER_PATHS.match(path) or KERNEL_PATHS.match(path))


@lru_cache(maxsize=8192)
def is_noise_interface(name: str) -> bool:
    return bool(INTERFACES.match(name))


def distinct(filesystems: Mapping[str, Figures]) -> list[str]:
    """The mount paths worth keeping, sorted: of several with the same figures (bind mounts of one device) the shortest."""
    kept: dict[object, str] = {}
    for path in sorted(filesystems, key=lambda path: (len(path), path)):
        figures = filesystems[path]
        if not is_noise_path(path):
            kept.setdefault(_device(path, figures), path)
    return sorted(kept.values())


def _device(path: str, figures: Figures) -> object:
    """What tells two devices apart. Where the size is not told, or the device is known, it is the path."""
    known = "filesystem.capacity.total" in figures and not OWN_DEVICE.match(path)
    return frozenset(figures.items()) if known else path
