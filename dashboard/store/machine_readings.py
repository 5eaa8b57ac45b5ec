"""The readings of machines: a subject for each, and below it one for each of its filesystems and interfaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Concat

from collectors.records import FilesystemReading, HostMetrics, InterfaceReading
from dashboard import subject_keys
from dashboard.models import Cluster, Subject
from dashboard.store import machine_figures as figures
from dashboard.store import readings
from dashboard.store.moments import age_seconds
from dashboard.store.readings import SubjectKey
from dashboard.store.writing import Writing

HOST = Subject.Kind.HOST.value
FILESYSTEM = Subject.Kind.FILESYSTEM.value
INTERFACE = Subject.Kind.INTERFACE.value
LAYOUTS = {HOST: figures.HOST_LAYOUT, FILESYSTEM: figures.FILESYSTEM_LAYOUT, INTERFACE: figures.INTERFACE_LAYOUT}

NONE: Mapping[SubjectKey, int] = {}
Child = FilesystemReading | InterfaceReading


def write(
    writing: Writing,
    machines: Sequence[HostMetrics],
    mesos_cpus: Mapping[str, float | None],
    known: Mapping[SubjectKey, int],
) -> int:
    """One reading for each machine, filesystem and interface; returns how many. A fixed number of queries.

    `known` are their subjects, as far as they are known to stand as they should.
    """
    return write_many(writing.cluster, [(writing.tick, machines)], mesos_cpus, seen_at=writing.now, known=known)


def write_many(
    cluster: Cluster,
    ticks: Sequence[tuple[int, Sequence[HostMetrics]]],
    mesos_cpus: Mapping[str, float | None],
    *,
    seen_at: datetime,
    known: Mapping[SubjectKey, int] = NONE,
) -> int:
    """The same of several ticks (tick, what machines said then)."""
    said = [(tick, one) for tick, machines in ticks for one in machines]
    names = {(HOST, one.host): one.host for _, one in said if (HOST, one.host) not in known}
    hosts = {**known, **readings.subjects(cluster, names, seen_at=seen_at)}
    children = [(tick, one, [(child, child_key(one.host, child)) for child in _children(one)]) for tick, one in said]
    new = [(one, child, key) for _, one, below in children for child, key in below if key not in known]
    names = {key: name_of(child) for _, child, key in new}
    parents = {key: hosts[HOST, one.host] for one, _, key in new}
    ids = {**known, **readings.subjects(cluster, names, seen_at=seen_at, parents=parents)}
    rows: dict[str, list[tuple[int, int, Sequence[float | None]]]] = {kind: [] for kind in LAYOUTS}
    for tick, one, below in children:
        age = age_seconds(tick, one.taken_at)
        rows[HOST].append((tick, hosts[HOST, one.host], figures.host_values(one, age, mesos_cpus.get(one.host))))
        for child, key in below:
            rows[key[0]].append((tick, ids[key], (*figures.child_values(child), age)))
    return sum(readings.write_many(LAYOUTS[kind], found) for kind, found in rows.items())


def _children(said: HostMetrics) -> Iterator[Child]:
    yield from said.filesystems
    yield from said.interfaces


def name_of(child: Child) -> str:
    """A filesystem's path or an interface's name."""
    return child.path if isinstance(child, FilesystemReading) else child.name


def child_key(host: str, child: Child) -> SubjectKey:
    """Subject of a filesystem or of an interface."""
    return key_of(FILESYSTEM if isinstance(child, FilesystemReading) else INTERFACE, host, name_of(child))


def key_of(kind: str, host: str, name: str) -> SubjectKey:
    """Subject of what stands below a machine: `host|/path`, `host|name`."""
    return kind, subject_keys.key_of(f"{host}|{name}")


def child_of(kind: str, named: str, now: datetime) -> Subquery:
    """The subject of a row of Filesystem or Interface, as `readings.subject_of` tells it."""
    here = Concat(OuterRef("machine__host"), Value("|"), OuterRef(named))
    return readings.subject_of(OuterRef("machine__cluster"), kind, here, now=now)
