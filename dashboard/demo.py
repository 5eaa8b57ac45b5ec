"""The demo: a simulated cluster, with the past day as Day Two would have collected it.

Readings of the day are written in bulk. Rows and events go through the same writers as a poll's, at every moment at which
something other than a figure had changed: so the demo's history is what collecting would have left, in seconds.
"""

from __future__ import annotations

import socket
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import msgspec
import numpy as np
from django.db import transaction
from django.utils import timezone

from collectors.client import Answer
from collectors.errors import Outcome
from collectors.records import ClusterSummary, Harvest, HealthReport, HostMetrics, MasterSnapshot, NodeOutcome
from collectors.simulator import Past, Settings, World, health_at, history, machines, world_of
from collectors.sources.component_health import decode_report
from collectors.sources.node_datapoints import host_metrics, read
from collectors.sources.summary import decode_summary
from dashboard.models import Cluster, Master, Reading
from dashboard.store import (
    clusters,
    components,
    ingest,
    machine_readings,
    masters,
    readings,
    summary,
    totals,
    use_totals,
)
from dashboard.store.machine_figures import host_values
from dashboard.store.use_totals import Agents
from dashboard.store.writing import Writing

NAME = "demo"
HISTORY = timedelta(hours=24)
STEP_SECONDS = 120
HEALTH_STEP_SECONDS = 600
MACHINES_STEP_SECONDS = 600
"""Each machine's answer is made and read as its own JSON: at the summary's step this alone would take ten seconds."""
NETS = range(88, 120)
MASTER_PORT = 5050


def prepare() -> list[str]:
    """Make the demo cluster known, with its past, unless it is; returns the command that runs its simulator."""
    cluster = Cluster.objects.filter(name=NAME).first()
    if cluster is None:
        cluster = _make(timezone.now())
    net = _net_of(cluster)
    anchor = (cluster.created_at + HISTORY).timestamp()
    address = urlsplit(cluster.url).netloc
    options = ["--router", address, "--net", str(net), "--anchor", str(anchor)]
    return [sys.executable, "-m", "collectors.simulator", *options]


@transaction.atomic
def _make(now: datetime) -> Cluster:
    url = f"http://127.0.0.1:{_free_port()}"
    cluster = Cluster(name=NAME, kind=Cluster.Kind.DCOS, url=url)
    clusters.save(cluster, master_urls=(), token=None, now=now - HISTORY)
    world = world_of(Settings(anchor=now.timestamp()), net=_free_net())
    write_history(cluster, world, now)
    return cluster


def _net_of(cluster: Cluster) -> int:
    """The 127.x network its masters were given when it was made."""
    return int(Master.objects.filter(cluster=cluster).order_by("pk")[0].host.split(".")[1])


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


def _free_net() -> int:
    """The first network where no other demo listens; where loopback has one address only (macOS) any will do."""
    for net in NETS:
        try:
            socket.create_server((f"127.{net}.0.11", MASTER_PORT)).close()
        except OSError:
            continue
        return net
    return NETS[0]


def write_history(cluster: Cluster, world: World, now: datetime) -> None:
    """Write the world's past day into the store, up to `now`."""
    end = int(now.timestamp()) // STEP_SECONDS * STEP_SECONDS
    start = end - int(HISTORY.total_seconds())
    day = _Day(cluster)
    for past in history(world, start, end, step_seconds=STEP_SECONDS):
        at = datetime.fromtimestamp(past.at, UTC)
        left = (end - past.at) // STEP_SECONDS
        for source, harvest in _harvests(world, past, at, with_health=left <= 1 or past.at % HEALTH_STEP_SECONDS == 0):
            day.add(source, harvest, at, always=left <= 1)
        # The last two answers of each machine are written as a poll's are: traffic is what lies between them.
        if left <= 2 or past.at % MACHINES_STEP_SECONDS == 0:
            day.add_machines(tuple(_machines(world, past.at, at)), at, always=left <= 2)
    day.write_readings()


class _Day:
    """A day of harvests: rows and events are written as they change, readings together at the end."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.shapes: dict[str, object] = {}
        self.lives: dict[str, int] = {}
        self.totals: list[tuple[int, list[totals.Total]]] = []
        self.masters: list[tuple[int, int, list[float | None]]] = []
        self.agents = Agents({}, frozenset())
        self.machines: list[tuple[int, tuple[HostMetrics, ...]]] = []
        self.use: list[tuple[int, dict[str, list[float]]]] = []

    def add(self, source: str, harvest: Harvest, at: datetime, *, always: bool) -> None:
        writing = Writing(cluster=self.cluster, tick=int(at.timestamp()), now=at)
        shape = _shape(harvest)
        if always or self.shapes.get(source) != shape:
            ingest.harvest(writing, source, harvest, duration_seconds=0.0)
            self.shapes[source] = shape
            if source == "masters":
                self.lives = masters.lives(writing, list(Master.objects.filter(cluster=self.cluster)))
        elif source == "component_health":
            self._repeat_counts(writing)
        for record in harvest.records:
            if isinstance(record, ClusterSummary):
                self.totals.append((writing.tick, list(totals.of_summary(record))))
                self.agents = use_totals.agents_in(record)
            if isinstance(record, MasterSnapshot):
                self.masters.append((writing.tick, self.lives[record.host], masters.values(record, writing.tick)))

    def add_machines(self, said: tuple[HostMetrics, ...], at: datetime, *, always: bool) -> None:
        writing = Writing(cluster=self.cluster, tick=int(at.timestamp()), now=at)
        if always or not self.machines:
            answered = tuple(NodeOutcome(host=one.host, outcome=Outcome.OK, direct=False) for one in said)
            ingest.harvest(writing, "nodes", Harvest(records=said, nodes=answered), duration_seconds=0.0)
            use_totals.write(writing)
        self.machines.append((writing.tick, said))
        self.use.append((writing.tick, dict(use_totals.of_machines(_figures(said, writing.tick), self.agents))))

    def _repeat_counts(self, writing: Writing) -> None:
        """A report that says the same as the one before it leaves the same counts at its own tick."""
        subject = components.counts_subject(writing, writing.now)
        last = Reading.objects.filter(subject=subject).order_by("-tick")[0]
        Reading.objects.create(tick=writing.tick, subject_id=subject, layout_id=last.layout_id, data=last.data)

    def write_readings(self) -> None:
        named = {key: name for _, found in self.totals for key, name, _ in found}
        ids = readings.subjects(self.cluster, named, seen_at=timezone.now())
        rows = [(tick, ids[key], [*values, 0.0]) for tick, found in self.totals for key, _, values in found]
        readings.write_many(summary.READING_LAYOUT, rows)
        readings.write_many(masters.LAYOUT, self.masters)
        machine_readings.write_many(self.cluster, self.machines, {}, seen_at=timezone.now())
        use_totals.write_many(self.cluster, self.use, seen_at=timezone.now())


def _harvests(world: World, past: Past, at: datetime, *, with_health: bool) -> Iterator[tuple[str, Harvest]]:
    snapshots = tuple(_snapshot(host, metrics, at) for host, metrics in past.metrics.items())
    alive = {snapshot.host for snapshot in snapshots}
    outcomes = tuple(
        NodeOutcome(host=master.host, port=MASTER_PORT, outcome=Outcome.OK if master.host in alive else Outcome.REFUSED)
        for master in world.plan.masters
    )
    if snapshots:
        yield "masters", Harvest(records=snapshots, nodes=outcomes)
    if past.summary is not None:
        yield "summary", Harvest(records=(decode_summary(msgspec.json.encode(past.summary), at)[0],))
    if with_health:
        report = msgspec.json.encode(health_at(world, past.at).report())
        answer = Answer(url="", status=200, headers={}, body=report, taken_at=at, seconds=0.0)
        yield "component_health", Harvest(records=(decode_report(answer)[0],))


def _machines(world: World, moment: float, at: datetime) -> Iterator[HostMetrics]:
    for host, role, agent_id, body in machines(world, moment):
        said = read(msgspec.json.encode(body), Counter())
        yield host_metrics(said, host=host, role=role, agent_id=agent_id, answered_at=at)


def _figures(said: tuple[HostMetrics, ...], tick: int) -> use_totals.Figures:
    """What the agents among these machines said, as their readings hold it."""
    return {one.host: np.array(host_values(one, tick, None), dtype=float) for one in said if one.role == "agent"}


def _snapshot(host: str, metrics: dict[str, float], at: datetime) -> MasterSnapshot:
    return MasterSnapshot(
        host=host,
        port=MASTER_PORT,
        taken_at=at,
        elected=metrics["master/elected"] == 1,
        uptime_seconds=metrics["master/uptime_secs"],
        version=None,
        metrics=metrics,
    )


def _shape(harvest: Harvest) -> object:
    """What of a harvest makes rows or events change, figures left out."""
    record = harvest.records[0]
    if isinstance(record, ClusterSummary):
        agents = [(agent.host, agent.agent_id, agent.active, agent.deactivated) for agent in record.agents]
        return record.leader_hostname, agents, [(row.framework_id, row.connected) for row in record.frameworks]
    if isinstance(record, HealthReport):
        return [(node.host, node.units and [(unit.unit, unit.health) for unit in node.units]) for node in record.nodes]
    return [
        (record.host, record.elected, round(record.taken_at.timestamp() - (record.uptime_seconds or 0), -1))
        for record in harvest.records
        if isinstance(record, MasterSnapshot)
    ]
