"""Totals of what containers use, as their agents measured it: of the cluster, of each framework and of each zone.

Root containers alone are counted: a nested one runs inside the cgroup of its root, which measures both. There is no total
of limits: a container without one has no share in it. How much of the whole it is stands beside each: how many containers
there are, how many told each amount, how many of how many agents answered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from collectors.records import AGENT_PORT, place
from collectors.sources import SOURCES_BY_NAME
from dashboard import codec
from dashboard.models import Cluster, Container, Node, Reading, Subject
from dashboard.models import Collection as Collected
from dashboard.store import container_figures as figures
from dashboard.store import container_readings, readings, shards, use_totals
from dashboard.store.container_figures import AGE
from dashboard.store.use_totals import Agents
from dashboard.store.writing import Writing

SOURCE = "containers"
KIND = Subject.Kind.CONTAINER_USE
TICKS_BACK = (1, 2)
"""A container that was listed with the sample it had before has no reading of its own at this tick: its last is counted."""
OF_CLUSTER, FRAMEWORK, ZONE = "cluster", "framework:", "zone:"
AMOUNTS = {
    "cpus_used": "containers_with_cpus",
    "mem_used_bytes": "containers_with_mem",
    "disk_used_bytes": "containers_with_disk",
}
"""An amount → the name of how many containers told it."""
LAYOUT = (
    *(name for pair in AMOUNTS.items() for name in pair),
    *("containers", "agents_measured", "agents_expected", AGE),
)
COLUMNS = [figures.LAYOUT.index(name) for name in (*AMOUNTS, AGE)]

Matrix = NDArray[np.float64]
Figures = Mapping[str, NDArray[np.float64]]
"""Subject's key of a container → its AMOUNTS and the age of its sample."""
NOTHING = np.full(len(COLUMNS), np.nan)


class Root(NamedTuple):
    """A root container: its host, its id, whose it is."""

    host: str
    container_id: str
    framework_id: str

    @property
    def key(self) -> str:
        return container_readings.key(self.host, self.container_id)[1]


def write(writing: Writing) -> int:
    """One reading for the cluster and each part of it; none where no agent answered in this slot.

    Nine queries, two more where a sample was repeated, two more where a part is new.
    """
    known = use_totals.agents_of(writing.cluster)
    asked = _answered(writing)
    hosts = asked.keys() & known.parts.keys()
    if not hosts:
        return 0
    period_seconds, here = shards.slot_seconds(SOURCE, writing.poll), _read(writing, [writing.tick])
    until = datetime.fromtimestamp(writing.tick + period_seconds, UTC)
    listed = list(_listed(writing, hosts))
    # When this is late, some have answered again since: of those only readings tell that they had answered in this slot.
    told = {root.host for root, _ in listed if root.key in here}
    answered = {host for host in hosts if asked[host] < until or host in told}
    if not answered:
        return 0
    # And some containers were first seen after the slot.
    there = ((root, first_seen) for root, first_seen in listed if root.host in answered)
    roots = [root for root, first_seen in there if first_seen < until or root.key in here]
    earlier = [writing.tick - back * period_seconds for back in TICKS_BACK]
    before = _read(writing, earlier) if any(root.key not in here for root in roots) else {}
    measured = [here.get(root.key, before.get(root.key, NOTHING)) for root in roots]
    totals = dict(of_roots(roots, np.array(measured).reshape(-1, len(NOTHING)), known, answered))
    return write_many(writing.cluster, [(writing.tick, totals)], seen_at=writing.now)


def write_many(
    cluster: Cluster, ticks: Sequence[tuple[int, Mapping[str, Sequence[float]]]], *, seen_at: datetime
) -> int:
    """Write the totals of several ticks (tick, key → values in LAYOUT order)."""
    return readings.write_totals(cluster, KIND, LAYOUT, ticks, seen_at=seen_at)


def of_roots(
    roots: Sequence[Root], measured: Matrix, known: Agents, answered: Collection[str]
) -> Iterator[tuple[str, list[float]]]:
    """Key and values, in LAYOUT order, of each total of these containers. Pure.

    `measured` has a row for each of them: the AMOUNTS and the age of the sample, NaN where it was not measured.
    `answered` are the hosts of the agents that answered: where nobody in a zone did, nothing is known of it.
    """
    hosts: dict[str, set[str]] = {OF_CLUSTER: set(known.expected | set(answered))}
    for host in hosts[OF_CLUSTER]:
        for part in known.parts.get(host, ()):
            if part.startswith(ZONE):
                hosts.setdefault(part, set()).add(host)
    members: dict[str, list[int]] = {key: [] for key, there in hosts.items() if there & set(answered)}
    for number, root in enumerate(roots):
        framework = [f"{FRAMEWORK}{root.framework_id}"] if root.framework_id else []
        for key in (OF_CLUSTER, *framework, *(part for part in known.parts.get(root.host, ()) if part in members)):
            members.setdefault(key, []).append(number)
    for key, places in members.items():
        there = hosts.get(key, hosts[OF_CLUSTER])
        yield (
            key,
            [*_sums(measured[places]), float(len(there & set(answered))), float(len(there)), _age(measured[places])],
        )


def _sums(measured: Matrix) -> list[float]:
    """Each amount with how many told it, then how many there are. Where there are none they use nothing, and that is known."""
    values: list[float] = []
    for column in measured.T[:-1]:
        told = ~np.isnan(column)
        values += [float(column[told].sum()) if told.any() or not len(column) else np.nan, float(told.sum())]
    return [*values, float(len(measured))]


def _age(measured: Matrix) -> float:
    """As old as half of its samples: one clock or one cache that is behind does not make all look old."""
    ages = np.sort(measured[:, -1][~np.isnan(measured[:, -1])])
    return float(ages[len(ages) // 2]) if len(ages) else 0.0


def _answered(writing: Writing) -> dict[str, datetime]:
    """Hosts whose agents answered in this slot or since, and when last. Two queries."""
    since = datetime.fromtimestamp(writing.tick, UTC)
    asked = Collected.objects.filter(cluster=writing.cluster, source=SOURCE, last_success_at__gte=since)
    places = dict(asked.exclude(host="").values_list("host", "last_success_at"))
    agents = Node.objects.filter(cluster=writing.cluster).values_list("host", "port")
    placed = ((host, place(host, None if port == AGENT_PORT else port)) for host, port in agents)
    return {host: at for host, where in placed if (at := places.get(where)) is not None}


def _listed(writing: Writing, hosts: Collection[str]) -> Iterator[tuple[Root, datetime]]:
    """The root containers listed since the slot began, and when each was first seen. One query."""
    since = datetime.fromtimestamp(writing.tick, UTC)
    rows = (
        Container.objects.filter(cluster=writing.cluster, parent_id="", listed_at__gte=since)
        .filter(Q(ended_at=None) | Q(ended_at__gte=since))
        .values_list("host", "container_id", "framework_id", "first_seen")
    )
    for host, container_id, framework_id, first_seen in rows:
        if host in hosts:
            yield Root(host, container_id, framework_id), first_seen


def _read(writing: Writing, ticks: Sequence[int]) -> Figures:
    """What the containers' readings at these ticks say, the latest of each, aged to this tick; none that are too old to be
    called the present. Two queries."""
    rows = list(
        Reading.objects.filter(
            tick__in=ticks,
            subject__cluster=writing.cluster,
            subject__kind=Subject.Kind.CONTAINER,
            layout=readings.layout_id(figures.LAYOUT),
        )
        .order_by("tick")
        .values_list("subject__key", "tick", "data")
    )
    matrix = codec.unpack([bytes(data) for *_, data in rows], width=len(figures.LAYOUT))[:, COLUMNS]
    matrix[:, -1] += [writing.tick - tick for _, tick, _ in rows]
    oldest = 3 * shards.slot_seconds(SOURCE, writing.poll) + SOURCES_BY_NAME[SOURCE].lag_seconds
    return {key: said for (key, *_), said in zip(rows, matrix, strict=True) if said[-1] <= oldest}
