"""A machine's mounts and interfaces: disks that fill, counters that rise, and what containers add to the lists.

One agent's `/var` fills by a twentieth a day and is at 93 % at the world's anchor; the others breathe.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from collectors.simulator.rhythm import DAY_SECONDS, noise, risen, scatter

GIB = 1024**3
BLOCK_BYTES = 4096
BYTES_PER_INODE = 16_384
RESERVED_FOR_ROOT = 0.05
FILLED_AT_ANCHOR, FILLED_A_DAY, FULLEST = 0.93, 0.05, 0.985


class Mount(NamedTuple):
    """One line of `df`, and one of `df -i`; a filesystem that makes inodes as it needs them says 0 of them."""

    path: str
    total: int
    used: int
    free: int
    inodes: int
    inodes_used: int

    def values(self) -> Iterator[tuple[str, int]]:
        """By their names on the wire."""
        yield "filesystem.capacity.total", self.total
        yield "filesystem.capacity.used", self.used
        yield "filesystem.capacity.free", self.free
        yield "filesystem.inode.total", self.inodes
        yield "filesystem.inode.used", self.inodes_used
        yield "filesystem.inode.free", self.inodes - self.inodes_used


class Link(NamedTuple):
    """An interface and the bytes it takes and sends an hour."""

    name: str
    in_per_hour: float
    out_per_hour: float


HOST_LINKS = (Link("eth0", 30e9, 22e9), Link("eth1", 12e9, 9e9))
OVERLAY = Link("vtep1024", 8e9, 8e9)
NOISE_LINKS = (
    Link("lo", 5e9, 5e9),
    Link("docker0", 1e9, 2e9),
    Link("d-dcos", 0.5e9, 0.7e9),
    Link("minuteman", 0, 0),
    Link("spartan", 0, 0),
)
VETHS = 2
# One packet, one lost and one broken packet for so many bytes.
PACKET_BYTES, DROP_BYTES, ERROR_BYTES = 900, 9_000_000_000, 4_000_000_000_000


def mounts_of(key: int, at: float, *, disk_bytes: int, anchor: float | None) -> Iterator[Mount]:
    """The machine's own filesystems. `disk_bytes` is Mesos' (0: a master); with an anchor its `/var` fills."""
    if anchor is None:
        var = 0.48 + 0.08 * noise(key + 2, at, 14_400)
    else:
        var = min(FULLEST, max(0.3, FILLED_AT_ANCHOR + FILLED_A_DAY * (at - anchor) / DAY_SECONDS))
    yield _mount("/", 50 * GIB, 0.42 + 0.02 * noise(key + 1, at, 43_200))
    yield _mount("/var", 100 * GIB, var)
    if disk_bytes:
        yield _mount("/var/lib/mesos", disk_bytes, 0.38 + 0.1 * noise(key + 3, at, 21_600))
    else:
        yield _mount("/var/lib/dcos", 20 * GIB, 0.22 + 0.01 * noise(key + 3, at, 21_600))
    yield Mount("/boot/efi", 535_805_952, 6_262_784, 529_543_168, 0, 0)


def _mount(path: str, total: int, ratio: float) -> Mount:
    usable = int(total * (1 - RESERVED_FOR_ROOT)) // BLOCK_BYTES * BLOCK_BYTES
    used = int(usable * ratio) // BLOCK_BYTES * BLOCK_BYTES
    inodes = total // BYTES_PER_INODE
    return Mount(path, total, used, usable - used, inodes, int(inodes * ratio / 6))


def noise_mounts(key: int, own: list[Mount], *, telegraf: bool) -> Iterator[Mount]:
    """Paths that repeat a device; Telegraf lists those in memory and of containers too."""
    root, var = own[0], own[1]
    yield root._replace(path="/opt/mesosphere/bin")
    yield var._replace(path="/var/lib/docker/overlay")
    if not telegraf:
        return
    yield Mount("/run", 3 * GIB, 9_437_184, 3 * GIB - 9_437_184, 786_432, 1_204)
    yield Mount("/run/lock", 3 * GIB, 0, 3 * GIB, 786_432, 1)
    yield var._replace(path=f"/var/lib/docker/overlay2/{_hex(key, 16)}/merged")


def links_of(key: int, *, is_agent: bool) -> Iterator[Link]:
    """Own interfaces first, then those of containers and of DC/OS."""
    yield from HOST_LINKS
    if is_agent:
        yield OVERLAY
    yield from NOISE_LINKS
    for place in range(VETHS if is_agent else 0):
        yield Link(f"veth{_hex(key + place, 7)}", 1e8, 2e8)


def counters(link: Link, key: int, *, booted_at: float, at: float) -> Iterator[tuple[str, int]]:
    """The eight counters of an interface since the machine booted, by their names on the wire."""
    for way, per_hour in (("in", link.in_per_hour), ("out", link.out_per_hour)):
        total = risen(key, booted_at, at, per_hour=per_hour) if per_hour else 0
        yield f"network.{way}", total
        yield f"network.{way}.packets", total // PACKET_BYTES
        yield f"network.{way}.dropped", total // DROP_BYTES if way == "in" else 0
        yield f"network.{way}.errors", total // ERROR_BYTES


def _hex(key: int, length: int) -> str:
    return f"{int(scatter(key, 4_321) * 16**length):0{length}x}"
