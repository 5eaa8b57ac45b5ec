"""Machines: what each measured of itself, with its filesystems and interfaces; rows for the present, readings for the past.

An answer whose sample time is the row's again brings nothing new and leaves no reading: it is absent, not repeated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from collectors.records import HostMetrics
from dashboard.models import Filesystem, Interface, Machine, Node
from dashboard.store import machine_figures as figures
from dashboard.store import machine_readings
from dashboard.store.machine_readings import Child, name_of
from dashboard.store.upserts import upsert
from dashboard.store.writing import Writing, Written

MOST_CHILDREN = 64
"""So many filesystems and so many interfaces of a machine are kept, those known already before new ones."""

MACHINE_COLUMNS = [
    *("role", "agent_id", "generation", "answered_at", "measured_at", "fullest_path", "fullest_used_ratio", "filtered"),
    *("cores", "cpu_used_ratio", "cpu_wait_ratio", "load_1min", "mem_total_bytes", "mem_used_bytes"),
    *("mem_cached_bytes", "swap_used_bytes", "uptime_seconds", "processes"),
]
FILESYSTEM_COLUMNS = ["measured_at", *figures.FILESYSTEM_VALUES]
INTERFACE_COLUMNS = ["measured_at", *figures.INTERFACE_COLUMNS, "in_bytes_per_second", "out_bytes_per_second"]

T = TypeVar("T", bound=Child)


@dataclass(kw_only=True)
class Known:
    """What is known of a machine that brings new figures: its row and its children's, by path and by name."""

    row: Machine
    filesystems: dict[str, Filesystem]
    interfaces: dict[str, Interface]
    booted: bool
    """Whether it began anew since."""


def write(writing: Writing, answers: Iterable[HostMetrics]) -> Written:
    """Write what machines measured. A fixed number of queries, however many machines."""
    # On a host that is master and agent at once, the agent's answer stands: it gives capacity.
    said = {answer.host: answer for answer in sorted(answers, key=lambda answer: answer.role == "agent")}
    written = Written(refused={host: why for host, answer in said.items() if (why := writing.refusal(answer.taken_at))})
    said = {host: answer for host, answer in said.items() if host not in written.refused}
    rows = {row.host: row for row in Machine.objects.filter(cluster=writing.cluster, host__in=said)}
    fresh = [one for host, one in said.items() if host not in rows or rows[host].measured_at != one.taken_at]
    known = _known(writing, fresh, rows)
    fresh = [_limited(one, known[one.host], written) for one in fresh]
    cpus = _mesos_cpus(writing, fresh)
    for one in fresh:
        rows[one.host] = _update(known[one.host].row, one, cpus.get(one.host))
    for host, row in rows.items():
        row.answered_at, row.role, row.agent_id = writing.now, said[host].role, said[host].agent_id
    _write_machines(writing, rows)
    _write_filesystems(fresh, known)
    _write_interfaces(writing, fresh, known)
    written.kept = machine_readings.write(writing, fresh, cpus)
    return written


def _known(writing: Writing, fresh: Sequence[HostMetrics], rows: Mapping[str, Machine]) -> dict[str, Known]:
    """What is known beside each answer, by host. Two queries."""
    hosts = [said.host for said in fresh]
    disks: dict[int, dict[str, Filesystem]] = defaultdict(dict)
    links: dict[int, dict[str, Interface]] = defaultdict(dict)
    for disk in Filesystem.objects.filter(machine__cluster=writing.cluster, machine__host__in=hosts):
        disks[disk.machine_id][disk.path] = disk
    for link in Interface.objects.filter(machine__cluster=writing.cluster, machine__host__in=hosts):
        links[link.machine_id][link.name] = link
    found = {}
    for said in fresh:
        held = rows.get(said.host)
        row = held or Machine(cluster=writing.cluster, host=said.host, first_seen=writing.now)
        found[said.host] = Known(
            row=row,
            filesystems=disks.get(row.pk, {}),
            interfaces=links.get(row.pk, {}),
            booted=held is not None and figures.booted(held, said),
        )
    return found


def _mesos_cpus(writing: Writing, fresh: Sequence[HostMetrics]) -> dict[str, float | None]:
    hosts = [said.host for said in fresh]
    return dict(Node.objects.filter(cluster=writing.cluster, host__in=hosts).values_list("host", "cpus_total"))


def _limited(said: HostMetrics, known: Known, written: Written) -> HostMetrics:
    disks = _at_most(said.filesystems, known.filesystems, "filesystems", written)
    links = _at_most(said.interfaces, known.interfaces, "interfaces", written)
    return msgspec.structs.replace(said, filesystems=disks, interfaces=links)


def _at_most(said: Sequence[T], known: Mapping[str, object], what: str, written: Written) -> tuple[T, ...]:
    """At most MOST_CHILDREN of them, so that none that is shown already gives way to a new one; the rest is counted."""
    if len(said) > MOST_CHILDREN:
        written.dropped[f"{what} over {MOST_CHILDREN} of one machine"] += len(said) - MOST_CHILDREN
    return tuple(sorted(said, key=lambda child: name_of(child) not in known)[:MOST_CHILDREN])


def _update(row: Machine, said: HostMetrics, mesos_cpus: float | None) -> Machine:
    row.generation, row.measured_at, row.filtered = said.generation, said.taken_at, said.filtered
    row.fullest_path, row.fullest_used_ratio = figures.fullest(said.filesystems)
    for column, value in figures.columns(said, mesos_cpus).items():
        setattr(row, column, value)
    return row


def _write_machines(writing: Writing, rows: Mapping[str, Machine]) -> None:
    upsert(rows.values(), unique=["cluster", "host"], update=MACHINE_COLUMNS)
    new = {host for host, row in rows.items() if not row.pk}
    keys = Machine.objects.filter(cluster=writing.cluster, host__in=new).values_list("host", "pk")
    for host, key in keys:
        rows[host].pk = key


def _write_filesystems(fresh: Sequence[HostMetrics], known: Mapping[str, Known]) -> None:
    """Bring the rows up to the answers; a filesystem that an answer lists no more is gone.

    An answer that lists none at all was cut short, and says nothing of them: dcos-metrics leaves out all that follows a
    figure it could not read.
    """
    rows, gone = [], []
    for said in fresh:
        of = known[said.host]
        rows += [figures.filesystem_row(of.row, one, of.filesystems.get(one.path)) for one in said.filesystems]
        if said.filesystems:
            gone += [of.filesystems[path].pk for path in of.filesystems.keys() - {one.path for one in said.filesystems}]
    Filesystem.objects.filter(pk__in=gone).delete()
    upsert(rows, unique=["machine", "path"], update=FILESYSTEM_COLUMNS)


def _write_interfaces(writing: Writing, fresh: Sequence[HostMetrics], known: Mapping[str, Known]) -> None:
    """The same for interfaces, whose rates run from the row to the answer."""
    rows, gone = [], []
    for said in fresh:
        of = known[said.host]
        rows += [
            figures.interface_row(
                of.row, one, of.interfaces.get(one.name), anew=of.booted, longest=writing.longest_step
            )
            for one in said.interfaces
        ]
        if said.interfaces:
            gone += [of.interfaces[name].pk for name in of.interfaces.keys() - {one.name for one in said.interfaces}]
    Interface.objects.filter(pk__in=gone).delete()
    upsert(rows, unique=["machine", "name"], update=INTERFACE_COLUMNS)
