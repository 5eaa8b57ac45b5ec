"""Totals of use: what the agents' machines measured, of the cluster and of each zone, with how many of how many told it.

A tick's total is written when the last of its shards has ended, or DEADLINE after the tick without those that have not; a
shard that ends later writes it again. It is worked out of that tick's readings alone, so whoever writes it last is right.
Masters' machines give no capacity and are in no total. Zones are the only parts: Mesos does not say whose role a machine is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from collectors.records import ClusterSummary
from collectors.sources import SOURCES_BY_NAME
from dashboard import codec
from dashboard.models import Cluster, Machine, Node, Poll, Reading, Subject
from dashboard.store import agents, readings, shards
from dashboard.store.machine_figures import AGE, HOST_LAYOUT
from dashboard.store.writing import Writing

SOURCE = "nodes"
DEADLINE = timedelta(seconds=45)
TICKS_BACK = 2
"""A machine that answered with the figures it had before has no reading of its own at this tick: its last is counted."""
OF_CLUSTER = "cluster"
PAIRS = {
    "cpus_used": ("cpus_measured", "cores"),
    "mem_used_bytes": ("mem_measured_bytes", "memory.total"),
    "disk_used_bytes": ("disk_measured_bytes", "disk_total_bytes"),
}
"""What is used → the name of how much it is measured of, and which value of a machine's reading that is."""
AMOUNTS = tuple(name for used, (measured, _) in PAIRS.items() for name in (used, measured))
LAYOUT = (*AMOUNTS, "agents_measured", "agents_expected", AGE)


Figures = Mapping[str, NDArray[np.float64]]
"""Host → the values of its machine's reading, in HOST_LAYOUT order."""


@dataclass(frozen=True)
class Agents:
    """The agents a total is about: the zone of each, by host, and those of them that should have answered."""

    zones: Mapping[str, str]
    expected: frozenset[str]


def poll_ended(writing: Writing, poll: Poll) -> None:
    """Write the tick's total if this poll was the last of it, or came after its deadline."""
    if poll.source != SOURCE:
        return
    waiting = Poll.objects.filter(cluster=poll.cluster_id, source=SOURCE, due_at=poll.due_at, ended_at=None)
    if writing.now >= poll.due_at + DEADLINE or not waiting.exists():
        write(writing)


def write_overdue(now: datetime) -> None:
    """Write the totals of ticks that wait for a shard past their deadline and have none yet. One query where none does."""
    waiting = Poll.objects.filter(source=SOURCE, ended_at=None, due_at__lte=now - DEADLINE)
    for cluster, due_at in waiting.order_by("due_at").values_list("cluster", "due_at").distinct():
        tick = int(due_at.timestamp())
        if tick % SOURCES_BY_NAME[SOURCE].period_seconds or _written(cluster, tick):
            continue
        with transaction.atomic():
            locked = Cluster.objects.select_for_update().get(pk=cluster)
            write(Writing(cluster=locked, tick=tick, now=now))


def _written(cluster: int, tick: int) -> bool:
    total = Reading.objects.filter(tick=tick, subject__cluster=cluster, subject__kind=Subject.Kind.USE)
    return total.exists()


def write(writing: Writing) -> int:
    """One reading for the cluster and for each zone where a machine told its use; none where nobody did."""
    known = _agents(writing.cluster)
    totals = dict(of_machines(_figures(writing, known), known))
    if not totals:
        return 0
    _write_present(writing, totals[OF_CLUSTER])
    return write_many(writing.cluster, [(writing.tick, totals)], seen_at=writing.now)


def write_many(
    cluster: Cluster, ticks: Sequence[tuple[int, Mapping[str, Sequence[float]]]], *, seen_at: datetime
) -> int:
    """Write the totals of several ticks (tick, key → values in LAYOUT order)."""
    names = {key: key.removeprefix("zone:") for _, totals in ticks for key in totals}
    wanted = {(Subject.Kind.USE.value, key): name for key, name in names.items()}
    ids = readings.subjects(cluster, wanted, seen_at=seen_at)
    rows = [(tick, ids[Subject.Kind.USE, key], values) for tick, totals in ticks for key, values in totals.items()]
    return readings.write_many(LAYOUT, rows)


def of_machines(figures: Figures, known: Agents) -> Iterator[tuple[str, list[float]]]:
    """Key and values, in LAYOUT order, of each total that these machines give. Pure."""
    members: dict[str, list[str]] = {OF_CLUSTER: sorted(known.expected | figures.keys())}
    for host in members[OF_CLUSTER]:
        if zone := known.zones.get(host):
            members.setdefault(f"zone:{zone}", []).append(host)
    for key, hosts in members.items():
        told = [figures[host] for host in hosts if host in figures]
        if told:
            yield key, _total(np.array(told), len(hosts))


def _total(matrix: NDArray[np.float64], expected: int) -> list[float]:
    """A machine that does not tell one of its amounts is left out of it on both sides, used and measured.

    The whole is as old as half of its samples: one clock or one cache that is behind does not make all look old.
    """
    column = {name: matrix[:, place] for place, name in enumerate(HOST_LAYOUT)}
    values: list[float] = []
    for used, (_, whole) in PAIRS.items():
        told = ~np.isnan(column[used]) & ~np.isnan(column[whole])
        values += [float(column[name][told].sum()) if told.any() else np.nan for name in (used, whole)]
    return [*values, len(matrix), expected, float(np.sort(column[AGE])[len(matrix) // 2])]


def agents_in(summary: ClusterSummary) -> Agents:
    """The same out of a summary, for totals of its moment."""
    asked = (agent.host for agent in summary.agents if agents.state_of(agent) in shards.ASKED)
    return Agents({agent.host: agent.zone for agent in summary.agents}, frozenset(asked))


def _agents(cluster: Cluster) -> Agents:
    rows = list(Node.objects.filter(cluster=cluster).values_list("host", "zone", "state"))
    return Agents(
        zones={host: zone for host, zone, _ in rows},
        expected=frozenset(host for host, _, state in rows if state in shards.ASKED),
    )


def _figures(writing: Writing, known: Agents) -> dict[str, NDArray[np.float64]]:
    """The figures of each agent's machine that answered in this slot, by host, aged to this tick; none that are too old
    to be called the present. Three queries."""
    since = datetime.fromtimestamp(writing.tick, UTC)
    answered = Machine.objects.filter(cluster=writing.cluster, answered_at__gte=since)
    hosts = known.zones.keys() & set(answered.values_list("host", flat=True))
    source = SOURCES_BY_NAME[SOURCE]
    rows = list(
        Reading.objects.filter(
            tick__in=[writing.tick - back * source.period_seconds for back in range(TICKS_BACK + 1)],
            subject__cluster=writing.cluster,
            subject__kind=Subject.Kind.HOST,
            layout=readings.layout_id(HOST_LAYOUT),
        )
        .order_by("tick")
        .values_list("subject__key", "tick", "data")
    )
    matrix = codec.unpack([bytes(data) for *_, data in rows], width=len(HOST_LAYOUT)).copy()
    ages = matrix[:, HOST_LAYOUT.index(AGE)]
    ages += [writing.tick - tick for _, tick, _ in rows]
    latest = {host: place for place, (host, *_) in enumerate(rows) if host in hosts}
    oldest = 3 * source.period_seconds + source.lag_seconds
    return {host: matrix[place] for host, place in latest.items() if ages[place] <= oldest}


def _write_present(writing: Writing, values: Sequence[float]) -> None:
    """The cluster's own columns, unless a later tick stands there already."""
    later = Reading.objects.filter(
        tick__gt=writing.tick, subject__cluster=writing.cluster, subject__kind=Subject.Kind.USE, subject__key=OF_CLUSTER
    )
    if later.exists():
        return
    present = {name: None if np.isnan(value) else value for name, value in zip(LAYOUT, values, strict=True)}
    age = present.pop(AGE) or 0.0
    cluster = writing.cluster
    for name, value in present.items():
        setattr(cluster, name, value)
    cluster.use_taken_at = datetime.fromtimestamp(writing.tick - age, UTC)
    cluster.save(update_fields=[*present, "use_taken_at"])
