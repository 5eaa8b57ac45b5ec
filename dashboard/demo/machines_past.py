"""What the demo's machines measured in the months before its day: of hosts a quarter, of filesystems a month, of interfaces
a week, each as far apart as charts of that range need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from django.utils import timezone

from collectors.simulator import World, hosts, machines_long_ago
from collectors.simulator.hosts import Host
from collectors.simulator.rhythm import DAY_SECONDS
from dashboard.codec import Matrix, Ticks
from dashboard.demo.settling import Figures
from dashboard.models import Cluster
from dashboard.store import machine_readings, readings
from dashboard.store.machine_figures import HOST_LAYOUT
from dashboard.store.machine_readings import FILESYSTEM, HOST, INTERFACE
from dashboard.store.readings import SubjectKey

Steps = Sequence[tuple[int, int]]
OF_HOSTS: Steps = ((90, 3600), (8, 900), (3, 600))
"""From how many days before on there is a reading in so many seconds."""
FILESYSTEM_DAYS = 30
OF_INTERFACES: Steps = ((8, 600),)
"""Rates lie between readings that are no further apart."""


def figures(cluster: Cluster, world: World, begins_at: int) -> Iterator[Figures]:
    """Of every machine that is on when the day begins, up to then. Their subjects are there by now."""
    found = [host for place in hosts.places(world) if (host := hosts.host_at(world, begins_at, place)) is not None]
    of_hosts, of_interfaces = (ticks(begins_at, steps) for steps in (OF_HOSTS, OF_INTERFACES))
    recent = of_hosts >= begins_at - round(FILESYSTEM_DAYS * DAY_SECONDS)
    values: dict[SubjectKey, tuple[Ticks, Matrix]] = {}
    for host in found:
        name = host.place.host
        disks = machines_long_ago.filesystems(world, host, of_hosts.astype(float))
        values[HOST, name] = of_hosts, _host(world, host, of_hosts, begins_at, list(disks.values()))
        for path, matrix in disks.items():
            values[machine_readings.key_of(FILESYSTEM, name, path)] = of_hosts[recent], _aged(matrix[recent])
        on = of_interfaces[of_interfaces >= host.booted_at]
        for link, matrix in machines_long_ago.interfaces(host, on.astype(float)).items():
            values[machine_readings.key_of(INTERFACE, name, link)] = on, _aged(matrix)
    ids = readings.subjects(cluster, {key: key[1].rpartition("|")[2] for key in values}, seen_at=timezone.now())
    for key, (at, matrix) in values.items():
        yield Figures(key[0], machine_readings.LAYOUTS[key[0]], np.full(len(at), ids[key]), at, matrix)


def ticks(begins_at: int, steps: Steps) -> Ticks:
    """When there is a reading, oldest first."""
    limits = [begins_at - round(days * DAY_SECONDS) for days, _ in steps]
    return np.concatenate(
        [
            np.arange(-(-since // step) * step, until, step)
            for (_, step), since, until in zip(steps, limits, [*limits[1:], begins_at], strict=True)
        ]
    )


def _host(world: World, host: Host, at: Ticks, until: int, disks: Sequence[Matrix]) -> Matrix:
    """The columns of HOST_LAYOUT; NaN where this machine does not tell one."""
    said = machines_long_ago.figures(world, host, at.astype(float), until=until)
    spare = said["memory.free"] + said["memory.buffers"] + said["memory.cached"]
    said |= {
        "cores": said["cpu.cores"],
        "cpus_used": said["cpu.cores"] * said["cpu.total"] / 100,
        "mem_used_bytes": np.maximum(0.0, said["memory.total"] - spare),
        "disk_total_bytes": np.sum([disk[:, 0] for disk in disks], axis=0),
        "disk_used_bytes": np.sum([disk[:, 1] for disk in disks], axis=0),
    }
    columns = [said.get(name, np.full(len(at), np.nan)) for name in HOST_LAYOUT[:-1]]
    return _aged(np.stack(columns, axis=1))


def _aged(values: Matrix) -> Matrix:
    """With the age of the sample beside them, which is none."""
    return np.hstack([values, np.zeros((len(values), 1))])
