"""The readings of machines: a subject for each, and below it one for each of its filesystems and interfaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from collectors.records import FilesystemReading, HostMetrics, InterfaceReading
from dashboard.models import Cluster, Subject
from dashboard.store import machine_figures as figures
from dashboard.store import readings
from dashboard.store.readings import SubjectKey
from dashboard.store.writing import Writing

HOST = Subject.Kind.HOST.value
FILESYSTEM = Subject.Kind.FILESYSTEM.value
INTERFACE = Subject.Kind.INTERFACE.value
LAYOUTS = {HOST: figures.HOST_LAYOUT, FILESYSTEM: figures.FILESYSTEM_LAYOUT, INTERFACE: figures.INTERFACE_LAYOUT}

Child = FilesystemReading | InterfaceReading


def write(writing: Writing, machines: Sequence[HostMetrics], mesos_cpus: Mapping[str, float | None]) -> int:
    """One reading for each machine, filesystem and interface; returns how many. A fixed number of queries."""
    return write_many(writing.cluster, [(writing.tick, machines)], mesos_cpus, seen_at=writing.now)


def write_many(
    cluster: Cluster,
    ticks: Sequence[tuple[int, Sequence[HostMetrics]]],
    mesos_cpus: Mapping[str, float | None],
    *,
    seen_at: datetime,
) -> int:
    """The same of several ticks (tick, what machines said then)."""
    said = [(tick, one) for tick, machines in ticks for one in machines]
    hosts = readings.subjects(cluster, {(HOST, one.host): one.host for _, one in said}, seen_at=seen_at)
    children = {child_key(one.host, child): (one, child) for _, one in said for child in _children(one)}
    ids = readings.subjects(
        cluster,
        {key: name_of(child) for key, (_, child) in children.items()},
        seen_at=seen_at,
        parents={key: hosts[HOST, one.host] for key, (one, _) in children.items()},
    )
    rows: dict[str, list[tuple[int, int, list[float | None]]]] = {kind: [] for kind in LAYOUTS}
    for tick, one in said:
        values = figures.host_values(one, tick, mesos_cpus.get(one.host))
        rows[HOST].append((tick, hosts[HOST, one.host], values))
        for child in _children(one):
            key = child_key(one.host, child)
            rows[key[0]].append((tick, ids[key], figures.child_values(child, values[-1])))
    return sum(readings.write_many(LAYOUTS[kind], found) for kind, found in rows.items())


def _children(said: HostMetrics) -> Iterator[Child]:
    yield from said.filesystems
    yield from said.interfaces


def name_of(child: Child) -> str:
    """A filesystem's path or an interface's name."""
    return child.path if isinstance(child, FilesystemReading) else child.name


def child_key(host: str, child: Child) -> SubjectKey:
    """Subject of a filesystem, `host|/path`, or of an interface, `host|name`."""
    key = readings.key_of(f"{host}|{name_of(child)}")
    return (FILESYSTEM if isinstance(child, FilesystemReading) else INTERFACE), key
