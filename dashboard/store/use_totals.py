"""Totals of use: what the agents' machines measured, with how many of how many told it.

Of the cluster, of each zone, and of each pool, the public and the private agents. Masters' machines give no capacity and
are in no total. There is none of roles: Mesos does not say whose a machine is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from collectors.records import ClusterSummary
from collectors.sources import SOURCES_BY_NAME
from dashboard import codec
from dashboard.models import Cluster, Machine, Node, Reading, Subject
from dashboard.store import agents, readings, shards
from dashboard.store.machine_figures import AGE, HOST_LAYOUT
from dashboard.store.writing import Writing

SOURCE = "nodes"
KIND = Subject.Kind.USE
TICKS_BACK = 2
"""A machine that answered with the figures it had before has no reading of its own at this tick: its last is counted."""
OF_CLUSTER, ZONE = "cluster", "zone:"
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
    """The agents that totals are about: the parts of the cluster that each is in, by host, and who should have answered."""

    parts: Mapping[str, Sequence[str]]
    """Keys of totals: `zone:eu-a`, `pool:public`."""
    expected: frozenset[str]


def write(writing: Writing) -> int:
    """One reading for the cluster and for each part of it where a machine told its use; none where nobody did."""
    known = agents_of(writing.cluster)
    totals = dict(of_machines(_figures(writing, known), known))
    if not totals:
        return 0
    _write_present(writing, totals[OF_CLUSTER])
    return write_many(writing.cluster, [(writing.tick, totals)], seen_at=writing.now)


def write_many(
    cluster: Cluster, ticks: Sequence[tuple[int, Mapping[str, Sequence[float]]]], *, seen_at: datetime
) -> int:
    """Write the totals of several ticks (tick, key → values in LAYOUT order)."""
    return readings.write_totals(cluster, KIND, LAYOUT, ticks, seen_at=seen_at)


def of_machines(figures: Figures, known: Agents) -> Iterator[tuple[str, list[float]]]:
    """Key and values, in LAYOUT order, of each total that these machines give. Pure."""
    members: dict[str, list[str]] = {OF_CLUSTER: sorted(known.expected | figures.keys())}
    for host in members[OF_CLUSTER]:
        for part in known.parts.get(host, ()):
            members.setdefault(part, []).append(host)
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
    parts = {agent.host: parts_of(zone=agent.zone, public=agent.public) for agent in summary.agents}
    return Agents(parts, frozenset(asked))


def agents_of(cluster: Cluster) -> Agents:
    """The same as they are now. One query."""
    rows = list(Node.objects.filter(cluster=cluster).values_list("host", "zone", "public", "state"))
    return Agents(
        parts={host: parts_of(zone=zone, public=public) for host, zone, public, _ in rows},
        expected=frozenset(host for host, *_, state in rows if state in shards.ASKED),
    )


def parts_of(*, zone: str, public: bool) -> tuple[str, ...]:
    """Keys of the totals that an agent is in beside the cluster's."""
    pool = f"pool:{'public' if public else 'private'}"
    return (f"{ZONE}{zone}", pool) if zone else (pool,)


def _figures(writing: Writing, known: Agents) -> dict[str, NDArray[np.float64]]:
    """The figures of each agent's machine that answered in this slot, by host, aged to this tick; none that are too old
    to be called the present. Three queries."""
    since = datetime.fromtimestamp(writing.tick, UTC)
    answered = Machine.objects.filter(cluster=writing.cluster, answered_at__gte=since)
    source = SOURCES_BY_NAME[SOURCE]
    period_seconds = shards.slot_seconds(SOURCE, writing.poll)
    until = datetime.fromtimestamp(writing.tick + period_seconds, UTC)
    rows = list(
        Reading.objects.filter(
            tick__in=[writing.tick - back * period_seconds for back in range(TICKS_BACK + 1)],
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
    # When this is late, some have answered again since: of those only readings tell that they had answered in this slot.
    here = {host for host, tick, _ in rows if tick == writing.tick}
    hosts = {host for host, at in answered.values_list("host", "answered_at") if at < until or host in here}
    latest = {host: place for place, (host, *_) in enumerate(rows) if host in hosts and host in known.parts}
    oldest = 3 * period_seconds + source.lag_seconds
    return {host: matrix[place] for host, place in latest.items() if ages[place] <= oldest}


def _write_present(writing: Writing, values: Sequence[float]) -> None:
    """The cluster's own columns, unless a later tick stands there already."""
    later = Reading.objects.filter(
        tick__gt=writing.tick, subject__cluster=writing.cluster, subject__kind=KIND, subject__key=OF_CLUSTER
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
