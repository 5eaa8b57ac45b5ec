"""What the demo's agents said of their containers over the day: rows of those that ran, readings, totals of their use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.utils import timezone

from collectors.errors import Outcome
from collectors.records import AgentContainers, ContainerReading, Harvest, NodeOutcome
from dashboard.models import Cluster, Container
from dashboard.store import app_totals, container_readings, container_totals, ingest
from dashboard.store import container_figures as figures
from dashboard.store.container_readings import Sample
from dashboard.store.container_words import Key
from dashboard.store.use_totals import Agents
from dashboard.store.writing import Writing

CPU_TIME = ("cpus_user_time_secs", "cpus_system_time_secs")


@dataclass
class Life:
    """One container: who listed it, when it was first and last listed, its last sample, and when it was listed no more."""

    answer: AgentContainers
    said: ContainerReading
    first_seen: datetime
    listed_at: datetime
    ended_at: datetime | None = None
    cpus_used: float | None = None


class Containers:
    """Their answers: rows at the end by whether and when they were listed, readings and totals together."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.lives: dict[Key, Life] = {}
        self.samples: list[Sample] = []
        self.totals: list[tuple[int, dict[str, list[float]]]] = []
        self.has_rows = False

    def add(self, answers: tuple[AgentContainers, ...], at: datetime, agents: Agents, *, always: bool) -> None:
        if always:
            self._write_as_polled(answers, at)
            return
        tick = int(at.timestamp())
        listed = [(answer, said) for answer in answers for said in answer.containers]
        for answer, said in listed:
            self._live(answer, said, at)
            if said.is_measured:
                life = self.lives[answer.host, said.container_id]
                self.samples.append((tick, answer.host, said, life.cpus_used))
        answered = {answer.host for answer in answers}
        for (host, _), life in self.lives.items():
            if host in answered and life.ended_at is None and life.listed_at < at:
                life.ended_at = at
        roots = [self.lives[answer.host, said.container_id] for answer, said in listed if not said.parent_id]
        self.totals.append((tick, self._totals(roots, tick, agents, answered)))

    def _totals(self, roots: Sequence[Life], tick: int, agents: Agents, answered: set[str]) -> dict[str, list[float]]:
        frameworks = [root.said.framework_id for root in roots]
        return dict(
            container_totals.of_containers(
                [root.answer.host for root in roots],
                frameworks,
                _measured(roots, tick),
                agents,
                answered,
                apps=app_totals.keys(self.cluster, frameworks, [root.said.executor_id for root in roots]),
            )
        )

    def _live(self, answer: AgentContainers, said: ContainerReading, at: datetime) -> None:
        """Bring the container's life up to its answer. Between two of them lie ten minutes: its use is the mean of them."""
        life = self.lives.setdefault((answer.host, said.container_id), Life(answer, said, at, at))
        seconds = (said.taken_at - life.said.taken_at).total_seconds()
        before, after = (list(map(one.metrics.get, CPU_TIME)) for one in (life.said, said))
        if seconds and None not in before and None not in after:
            life.cpus_used = sum(value or 0 for value in after) - sum(value or 0 for value in before)
            life.cpus_used /= seconds
        life.answer, life.said, life.listed_at = answer, said, at

    def _write_as_polled(self, answers: tuple[AgentContainers, ...], at: datetime) -> None:
        writing = Writing(cluster=self.cluster, tick=int(at.timestamp()), now=at)
        if not self.has_rows:
            self._write_rows()
            self.has_rows = True
        nodes = tuple(NodeOutcome(host=one.host, outcome=Outcome.OK, direct=False) for one in answers)
        ingest.harvest(writing, "containers", Harvest(records=answers, nodes=nodes), duration_seconds=0.0)
        container_totals.write(writing)

    def _write_rows(self) -> None:
        Container.objects.bulk_create(
            Container(
                cluster=self.cluster,
                host=life.answer.host,
                agent_id=life.answer.agent_id,
                route=life.answer.route,
                partial=life.answer.partial,
                **{name: getattr(life.said, name) for name in NAMES},
                first_seen=life.first_seen,
                listed_at=life.listed_at,
                measured_at=life.said.taken_at,
                ended_at=life.ended_at,
                cpus_used=life.cpus_used,
                **figures.columns(life.said.metrics),
            )
            for life in self.lives.values()
        )

    def write_readings(self) -> None:
        container_readings.write_many(self.cluster, self.samples, seen_at=timezone.now())
        container_totals.write_many(self.cluster, self.totals, seen_at=timezone.now())


def _measured(roots: Sequence[Life], tick: int) -> container_totals.Matrix:
    rows: list[list[float | None]] = []
    for root in roots:
        metrics = root.said.metrics
        age = tick - root.said.taken_at.timestamp() if metrics else None
        rows.append([root.cpus_used, figures.mem_used(metrics), metrics.get("disk_used_bytes"), age])
    return np.array(rows, dtype=float).reshape(-1, len(container_totals.NOTHING))


NAMES = (
    *("container_id", "parent_id", "framework_id", "framework_name"),
    *("executor_id", "executor_name", "task_name", "labels"),
)
"""What a row has by the same name as the record."""
