"""Machines: what each measured of itself, with its filesystems and interfaces; rows for the present, readings for the past.

An answer whose sample time is the row's again brings nothing new and leaves no reading: it is absent, not repeated.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import msgspec
from django.db.models import OuterRef

from collectors.records import HostMetrics
from dashboard.models import Filesystem, Interface, Machine, Node
from dashboard.store import machine_figures as figures
from dashboard.store import machine_readings, readings
from dashboard.store.machine_readings import Child, name_of
from dashboard.store.moments import as_text, moment
from dashboard.store.readings import SubjectKey
from dashboard.store.upserts import update_values, upsert_values
from dashboard.store.writing import Writing, Written

MOST_CHILDREN = 64
"""So many filesystems and so many interfaces of a machine are kept, those known already before new ones."""

ANSWERED = ["answered_at", "role", "agent_id"]
MEASURED = [
    *("generation", "measured_at", "fullest_path", "fullest_used_ratio", "filtered"),
    *figures.COLUMNS,
]
FILESYSTEM_COLUMNS = ["measured_at", *figures.FILESYSTEM_VALUES]
INTERFACE_COLUMNS = ["measured_at", *figures.INTERFACE_COLUMNS, "in_bytes_per_second", "out_bytes_per_second"]

T = TypeVar("T", bound=Child)


class Row(NamedTuple):
    """What is known of a machine."""

    pk: int
    host: str
    measured_at: datetime
    uptime_seconds: float | None
    subject: int | None
    """Of its readings; None where that has to be asked for."""


class Link(NamedTuple):
    """What is known of an interface."""

    pk: int
    measured: str
    """When, as the database writes it."""
    counters: Sequence[float | None]


@dataclass(kw_only=True)
class Known:
    """What is known of a machine that brings new figures: its row, and its children's by path and by name."""

    row: Row | None
    filesystems: dict[str, int] = field(default_factory=dict)
    """The keys of their rows."""
    interfaces: dict[str, Link] = field(default_factory=dict)
    subjects: dict[SubjectKey, int] = field(default_factory=dict)
    """Of its and its children's readings, those that need not be asked for."""

    def note(self, kind: str, name: str, subject: int | None) -> None:
        """What the subject of one of its children is."""
        if self.row is not None and subject is not None:
            self.subjects[machine_readings.key_of(kind, self.row.host, name)] = subject


def write(writing: Writing, answers: Iterable[HostMetrics]) -> Written:
    """Write what machines measured. A fixed number of queries, however many machines."""
    # On a host that is master and agent at once, the agent's answer stands: it gives capacity.
    said = {answer.host: answer for answer in sorted(answers, key=lambda answer: answer.role == "agent")}
    written = Written(refused={host: why for host, answer in said.items() if (why := writing.refusal(answer.taken_at))})
    said = {host: answer for host, answer in said.items() if host not in written.refused}
    rows = _rows(writing, said)
    fresh = [one for host, one in said.items() if host not in rows or rows[host].measured_at != one.taken_at]
    known = _known(writing, fresh, rows)
    fresh = [_limited(one, known[one.host], written) for one in fresh]
    cpus = _mesos_cpus(writing, fresh)
    answered = [row for host, row in rows.items() if host not in known]
    update_values(Machine, ANSWERED, [[*_answered(writing, said[row.host]), row.pk] for row in answered])
    keys = {row.host: row.pk for row in rows.values()} | _write_machines(writing, fresh, known, cpus)
    _write_filesystems(fresh, known, keys)
    _write_interfaces(writing, fresh, known, keys)
    subjects = {key: pk for one in known.values() for key, pk in one.subjects.items()}
    written.kept = machine_readings.write(writing, fresh, cpus, subjects)
    return written


def _rows(writing: Writing, hosts: Collection[str]) -> dict[str, Row]:
    subject = readings.subject_of(OuterRef("cluster"), machine_readings.HOST, OuterRef("host"), now=writing.now)
    known = Machine.objects.filter(cluster=writing.cluster, host__in=hosts).annotate(subject=subject)
    return {row.host: row for row in map(Row._make, known.values_list(*Row._fields))}


def _known(writing: Writing, fresh: Sequence[HostMetrics], rows: Mapping[str, Row]) -> dict[str, Known]:
    """What is known beside each answer, by host. Two queries."""
    found = {said.host: Known(row=rows.get(said.host)) for said in fresh}
    for host, one in found.items():
        if one.row is not None and one.row.subject is not None:
            one.subjects[machine_readings.HOST, host] = one.row.subject
    by_key = {one.row.pk: one for one in found.values() if one.row is not None}
    subject = machine_readings.child_of(machine_readings.FILESYSTEM, "path", writing.now)
    disks = Filesystem.objects.filter(machine__in=by_key).annotate(subject=subject)
    for pk, machine, path, subject_id in disks.values_list("pk", "machine", "path", "subject"):
        by_key[machine].filesystems[path] = pk
        by_key[machine].note(machine_readings.FILESYSTEM, path, subject_id)
    subject = machine_readings.child_of(machine_readings.INTERFACE, "name", writing.now)
    links = Interface.objects.filter(machine__in=by_key).annotate(measured=as_text("measured_at"), subject=subject)
    told = links.values_list("pk", "machine", "name", "subject", "measured", *figures.INTERFACE_COLUMNS)
    for pk, machine, name, subject_id, measured, *counters in told:
        by_key[machine].interfaces[name] = Link(pk, measured, counters)
        by_key[machine].note(machine_readings.INTERFACE, name, subject_id)
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


def _answered(writing: Writing, said: HostMetrics) -> list[Any]:
    return [writing.now, said.role, said.agent_id]


def _write_machines(
    writing: Writing, fresh: Sequence[HostMetrics], known: Mapping[str, Known], cpus: Mapping[str, float | None]
) -> dict[str, int]:
    """Bring the rows up to the answers; the keys of those that are new, by host."""
    columns = [*ANSWERED, *MEASURED]
    new, changed = [], []
    for said in fresh:
        fullest = figures.fullest(said.filesystems)
        told = [said.generation, said.taken_at, *fullest, said.filtered, *figures.columns(said, cpus.get(said.host))]
        values, row = [*_answered(writing, said), *told], known[said.host].row
        if row is None:
            new.append([*values, writing.cluster.pk, said.host, writing.now])
        else:
            changed.append([*values, row.pk])
    update_values(Machine, columns, changed)
    if not new:
        return {}
    unique = ["cluster", "host"]
    upsert_values(Machine, [*columns, *unique, "first_seen"], new, unique=unique, update=columns)
    hosts = [said.host for said in fresh if known[said.host].row is None]
    return {row.host: row.pk for row in _rows(writing, hosts).values()}


def _write_filesystems(fresh: Sequence[HostMetrics], known: Mapping[str, Known], keys: Mapping[str, int]) -> None:
    """Bring the rows up to the answers; a filesystem that an answer lists no more is gone.

    An answer that lists none at all was cut short, and says nothing of them: dcos-metrics leaves out all that follows a
    figure it could not read.
    """
    new, changed, gone = [], [], []
    for said in fresh:
        rows = known[said.host].filesystems
        for one in said.filesystems:
            values, row = [said.taken_at, *figures.child_values(one)], rows.get(one.path)
            if row is None:
                new.append([*values, keys[said.host], one.path])
            else:
                changed.append([*values, row])
        if said.filesystems:
            gone += [rows[path] for path in rows.keys() - {one.path for one in said.filesystems}]
    _write_children(Filesystem, FILESYSTEM_COLUMNS, "path", new, changed, gone)


def _write_interfaces(
    writing: Writing, fresh: Sequence[HostMetrics], known: Mapping[str, Known], keys: Mapping[str, int]
) -> None:
    """The same for interfaces, whose rates run from the row to the answer."""
    new, changed, gone = [], [], []
    for said in fresh:
        of = known[said.host]
        anew = of.row is not None and figures.booted(of.row.measured_at, of.row.uptime_seconds, said)
        for one in said.interfaces:
            counters, link = figures.counters(one), of.interfaces.get(one.name)
            if link is None:
                new.append([said.taken_at, *counters, None, None, keys[said.host], one.name])
                continue
            seconds = 0.0 if anew else (said.taken_at - moment(link.measured)).total_seconds()
            rates = figures.rates(link.counters, counters, seconds, writing.longest_step)
            changed.append([said.taken_at, *counters, *rates, link.pk])
        if said.interfaces:
            gone += [of.interfaces[name].pk for name in of.interfaces.keys() - {one.name for one in said.interfaces}]
    _write_children(Interface, INTERFACE_COLUMNS, "name", new, changed, gone)


def _write_children(
    model: type[Filesystem | Interface],
    columns: list[str],
    named: str,
    new: list[list[Any]],
    changed: list[list[Any]],
    gone: list[int],
) -> None:
    """New rows end in their machine and their name, changed ones in their key."""
    if gone:
        model._default_manager.filter(pk__in=gone).delete()
    update_values(model, columns, changed)
    unique = ["machine", named]
    upsert_values(model, [*columns, *unique], new, unique=unique, update=columns)
