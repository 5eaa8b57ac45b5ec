"""What the demo's machines measured over the day, and the totals of use that they gave."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from django.utils import timezone

from collectors.errors import Outcome
from collectors.records import Harvest, HostMetrics, NodeOutcome
from dashboard.models import Cluster
from dashboard.store import ingest, machine_readings, use_totals
from dashboard.store.machine_figures import host_values
from dashboard.store.moments import age_seconds
from dashboard.store.use_totals import Agents
from dashboard.store.writing import Writing


class Machines:
    """Their answers: rows by the first and the last ones, readings and totals of all together at the end."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.said: list[tuple[int, tuple[HostMetrics, ...]]] = []
        self.use: list[tuple[int, dict[str, list[float]]]] = []

    def add(self, said: tuple[HostMetrics, ...], at: datetime, agents: Agents, *, always: bool) -> None:
        writing = Writing(cluster=self.cluster, tick=int(at.timestamp()), now=at)
        if always or not self.said:
            answered = tuple(NodeOutcome(host=one.host, outcome=Outcome.OK, direct=False) for one in said)
            ingest.harvest(writing, "nodes", Harvest(records=said, nodes=answered), duration_seconds=0.0)
            use_totals.write(writing)
        self.said.append((writing.tick, said))
        self.use.append((writing.tick, dict(use_totals.of_machines(_figures(said, writing.tick), agents))))

    def write_readings(self) -> None:
        machine_readings.write_many(self.cluster, self.said, {}, seen_at=timezone.now())
        use_totals.write_many(self.cluster, self.use, seen_at=timezone.now())


def _figures(said: tuple[HostMetrics, ...], tick: int) -> use_totals.Figures:
    """What the agents among these machines said, as their readings hold it."""
    return {
        one.host: np.array(host_values(one, age_seconds(tick, one.taken_at), None), dtype=float)
        for one in said
        if one.role == "agent"
    }
