"""Totals of what containers use, as their agents measured it: of the cluster, of each framework, app and zone.

Root containers alone are counted: a nested one runs inside the cgroup of its root, which measures both. There is no total
of limits: a container without one has no share in it. How much of the whole it is stands beside each: how many containers
there are, how many told each amount, how many of how many agents answered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import compress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from collectors.records import AGENT_PORT, place
from collectors.sources import SOURCES_BY_NAME
from dashboard import codec
from dashboard.models import Cluster, Node, Reading, Subject
from dashboard.models import Collection as Collected
from dashboard.store import app_totals, container_roots, readings, shards, use_totals
from dashboard.store import container_figures as figures
from dashboard.store.container_figures import AGE
from dashboard.store.container_roots import Ids
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
NOTHING = np.full(len(COLUMNS), np.nan)


class Figures(NamedTuple):
    """What the readings of subjects, in the order of their ids, say: AMOUNTS and the age of the sample."""

    subjects: Ids
    matrix: Matrix

    def of(self, subjects: Ids) -> tuple[Matrix, NDArray[np.bool_]]:
        """Of each of these, and whether anything is said of it."""
        places = np.searchsorted(self.subjects, subjects)
        known = np.append(self.subjects, -1)[places] == subjects
        return np.where(known[:, None], np.vstack([self.matrix, NOTHING])[places], np.nan), known


def write(writing: Writing) -> int:
    """One reading for the cluster and each part of it; none where no agent answered in this slot.

    Thirteen queries, two more where a sample was repeated, two more where a part is new.
    """
    known = use_totals.agents_of(writing.cluster)
    asked = _answered(writing)
    hosts = asked.keys() & known.parts.keys()
    if not hosts:
        return 0
    period_seconds, here = shards.slot_seconds(SOURCE, writing.poll), _read(writing, [writing.tick])
    until = datetime.fromtimestamp(writing.tick + period_seconds, UTC)
    listed = container_roots.listed(writing, until)
    measured, is_here = here.of(listed.subjects)
    # When this is late, some have answered again since: of those only readings tell that they had answered in this slot.
    told = set(compress(listed.hosts, is_here))
    answered = {host for host in hosts if asked[host] < until or host in told}
    if not answered:
        return 0
    # And some containers were first seen after the slot.
    counted = np.array([host in answered for host in listed.hosts], dtype=bool) & (is_here | ~listed.is_later)
    listed, measured, is_here = listed.where(counted), measured[counted], is_here[counted]
    if not is_here.all():
        earlier = [writing.tick - back * period_seconds for back in TICKS_BACK]
        measured[~is_here] = _read(writing, earlier).of(listed.subjects[~is_here])[0]
    apps = app_totals.keys(writing.cluster, listed.frameworks, listed.executors)
    totals = dict(of_containers(listed.hosts, listed.frameworks, measured, known, answered, apps=apps))
    app_totals.write_present(writing, {key: dict(zip(LAYOUT, of, strict=True)) for key, of in totals.items()})
    return write_many(writing.cluster, [(writing.tick, totals)], seen_at=writing.now)


def write_many(
    cluster: Cluster, ticks: Sequence[tuple[int, Mapping[str, Sequence[float]]]], *, seen_at: datetime
) -> int:
    """Write the totals of several ticks (tick, key → values in LAYOUT order)."""
    return readings.write_totals(cluster, KIND, LAYOUT, ticks, seen_at=seen_at)


def of_containers(
    hosts: Sequence[str],
    frameworks: Sequence[str],
    measured: Matrix,
    known: Agents,
    answered: Collection[str],
    *,
    apps: Sequence[str] = (),
) -> Iterator[tuple[str, list[float]]]:
    """Key and values, in LAYOUT order, of each total of root containers, of which these are hosts, frameworks and the keys
    of their apps' totals, empty for one without an app. Pure.

    `measured` has a row for each of them: the AMOUNTS and the age of the sample, NaN where it was not measured.
    `answered` are the hosts of the agents that answered: where nobody in a zone did, nothing is known of it.
    """
    agents = _agents(known, answered)
    members = {key: list[int]() for key, there in agents.items() if there & set(answered)}
    members |= {f"{FRAMEWORK}{framework}": at for framework, at in _places(frameworks).items() if framework}
    members |= {app: at for app, at in _places(apps).items() if app}
    for host, places in _places(hosts).items():
        for part in known.parts.get(host, ()):
            if part in members:
                members[part] += places
    members[OF_CLUSTER] = list(range(len(hosts)))
    for key, places in members.items():
        there, rows = agents.get(key, agents[OF_CLUSTER]), measured[places]
        yield key, [*_sums(rows), float(len(there & set(answered))), float(len(there)), _age(rows)]


def _agents(known: Agents, answered: Collection[str]) -> dict[str, set[str]]:
    """The hosts of the cluster's agents, and of each zone's."""
    hosts = {OF_CLUSTER: set(known.expected | set(answered))}
    for host in hosts[OF_CLUSTER]:
        for part in known.parts.get(host, ()):
            if part.startswith(ZONE):
                hosts.setdefault(part, set()).add(host)
    return hosts


def _places(words: Sequence[str]) -> dict[str, list[int]]:
    """Where each word stands."""
    places: dict[str, list[int]] = defaultdict(list)
    for at, word in enumerate(words):
        places[word].append(at)
    return places


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
        .order_by("subject_id", "tick")
        .values_list("subject_id", "tick", "data")
    )
    matrix = codec.unpack([bytes(data) for *_, data in rows], width=len(figures.LAYOUT))[:, COLUMNS]
    matrix[:, -1] += [writing.tick - tick for _, tick, _ in rows]
    oldest = 3 * shards.slot_seconds(SOURCE, writing.poll) + SOURCES_BY_NAME[SOURCE].lag_seconds
    present = matrix[:, -1] <= oldest
    subjects, matrix = np.array([subject for subject, *_ in rows], dtype=np.int64)[present], matrix[present]
    last = np.append(subjects[1:] != subjects[:-1], True)[: len(subjects)]
    return Figures(subjects[last], matrix[last])
