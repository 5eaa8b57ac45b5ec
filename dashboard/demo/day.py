"""What the demo's masters and its diagnostics said: what changed is written as a poll would, readings together at the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec
from django.utils import timezone

from collectors.client import Answer
from collectors.errors import Outcome
from collectors.records import MASTER_PORT, ClusterRegistry, ClusterSummary, Harvest, MasterSnapshot, NodeOutcome
from collectors.simulator import Past, World
from collectors.simulator.health import Pull
from collectors.sources.component_health import decode_report
from collectors.sources.registry import decode_registry
from collectors.sources.summary import decode_summary
from dashboard.models import Cluster, Master, Reading
from dashboard.store import components, ingest, masters, readings, summary, totals, use_totals
from dashboard.store.use_totals import Agents
from dashboard.store.writing import Writing


class Day:
    """What masters and diagnostics said: rows and events are written as they change, readings together at the end."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.shapes: dict[str, object] = {}
        self.lives: dict[str, int] = {}
        self.totals: list[tuple[int, list[totals.Total]]] = []
        self.masters: list[tuple[int, int, list[float | None]]] = []
        self.counts: list[Reading] = []
        self.agents = Agents({}, frozenset())

    def look(self, source: str, harvest: Harvest, at: datetime, *, always: bool) -> bool:
        """Write rows and events if something changed, figures left out, or `always`. Returns whether something did."""
        writing, shape = Writing(cluster=self.cluster, tick=int(at.timestamp()), now=at), _shape(harvest)
        changed = self.shapes.get(source) != shape
        if always or changed:
            ingest.harvest(writing, source, harvest, duration_seconds=0.0)
            self.shapes[source] = shape
            if source == "masters":
                self.lives = masters.lives(writing, list(Master.objects.filter(cluster=self.cluster)))
        return changed

    def add(self, source: str, harvest: Harvest, at: datetime, *, always: bool) -> bool:
        """`look`, and keep the figures of it for the end."""
        changed, tick = self.look(source, harvest, at, always=always), int(at.timestamp())
        for record in harvest.records:
            if isinstance(record, ClusterSummary):
                self.totals.append((tick, list(totals.of_summary(record))))
                self.agents = use_totals.agents_in(record)
            if isinstance(record, MasterSnapshot):
                self.masters.append((tick, self.lives[record.host], masters.values(record, tick)))
        return changed

    def look_at_health(self, pull: Pull, at: datetime) -> bool:
        """Write a report that says something new. Returns whether it did."""
        return self.shapes.get("component_health") != pull.nodes and self.add_health(pull, at, always=False)

    def add_health(self, pull: Pull, at: datetime, *, always: bool) -> bool:
        """A report that says the same as the one before it leaves the same counts at its own tick. Returns whether it did not."""
        writing = Writing(cluster=self.cluster, tick=int(at.timestamp()), now=at)
        changed = self.shapes.get("component_health") != pull.nodes
        if not always and not changed:
            last = self.counts[-1]
            counts = Reading(tick=writing.tick, subject_id=last.subject_id, layout_id=last.layout_id, data=last.data)
            self.counts.append(counts)
            return False
        answer = Answer(
            url="", status=200, headers={}, body=msgspec.json.encode(pull.report()), taken_at=at, seconds=0.0
        )
        harvest = Harvest(records=(decode_report(answer)[0],))
        ingest.harvest(writing, "component_health", harvest, duration_seconds=0.0)
        self.shapes["component_health"] = pull.nodes
        subject = components.counts_subject(writing, at)
        self.counts.append(Reading.objects.get(subject=subject, tick=writing.tick))
        return changed

    def write_readings(self) -> None:
        named = {key: name for _, found in self.totals for key, name, _ in found}
        ids = readings.subjects(self.cluster, named, seen_at=timezone.now())
        rows = [(tick, ids[key], [*values, 0.0]) for tick, found in self.totals for key, _, values in found]
        readings.write_many(summary.READING_LAYOUT, rows)
        readings.write_many(masters.LAYOUT, self.masters)
        Reading.objects.bulk_create(self.counts, ignore_conflicts=True)


def harvests(world: World, past: Past, at: datetime) -> Iterator[tuple[str, Harvest]]:
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
    if past.registry is not None:
        yield "registry", Harvest(records=(decode_registry(msgspec.json.encode(past.registry), at)[0],))


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
    if isinstance(record, ClusterRegistry):
        return record.unreachable, record.gone, record.machines
    return [
        (
            record.host,
            record.elected,
            round(record.taken_at.timestamp() - (record.uptime_seconds or 0), -1),
            record.metrics.get("master/tasks_failed"),
        )
        for record in harvest.records
        if isinstance(record, MasterSnapshot)
    ]
