"""What the demo's applications told of themselves: the last answers as polls write them, and the day before of whoever runs.

Of containers that ended in the day nothing is kept: pages show them only as long as their metrics are told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import msgspec
import numpy as np

from collectors.errors import Outcome
from collectors.records import AgentPlace, AppContainer, AppMetricsReading, Harvest, NodeOutcome
from collectors.simulator import World, app_points_past
from collectors.simulator.container_lives import Container, containers_of
from collectors.simulator.container_points import of_application
from collectors.simulator.containers import is_answering
from collectors.simulator.hosts import DCOS_METRICS
from collectors.simulator.plan import Agent
from collectors.sources.app_datapoints import nothing_of, of_message
from dashboard.codec import Matrix, Ticks
from dashboard.demo.settling import Figures
from dashboard.models import Cluster, MetricSet
from dashboard.store import app_metrics, ingest
from dashboard.store.writing import Writing


def write(cluster: Cluster, world: World, at: datetime) -> None:
    """The answers of every container whose turn it is, as a poll at that moment brings them."""
    agents = {agent.host: agent for agent in world.plan.agents if is_answering(world, agent, at.timestamp())}
    places = [AgentPlace(host=agent.host, agent_id=agent.agent_id) for agent in agents.values()]
    asked = app_metrics.to_ask(cluster, places, at)
    answers = tuple(_answer(world, agents[one.host], one, at) for one in asked)
    outcomes = tuple(NodeOutcome(host=host, outcome=Outcome.OK, direct=False) for host in agents)
    writing = Writing(cluster=cluster, tick=int(at.timestamp()), now=at)
    ingest.harvest(writing, "app_metrics", Harvest(records=answers, nodes=outcomes), duration_seconds=0.0)


def _answer(world: World, agent: Agent, asked: AppContainer, at: datetime) -> AppMetricsReading:
    said = of_application(world, agent, at.timestamp(), asked.container_id, generation=DCOS_METRICS)
    if said is None:
        return nothing_of(asked, at)
    return of_message(msgspec.json.encode(said), asked, Counter(), answered_at=at, url="")


def figures(cluster: Cluster, world: World, ticks: Ticks, last: int) -> Iterator[Figures]:
    """At these ticks, of every set that was told at the last moment."""
    told = MetricSet.objects.filter(subject__cluster=cluster).select_related("subject", "container")
    sets = {(one.container.container_id, tuple(one.tags.items())): one for one in told if one.container}
    for agent in world.plan.agents:
        for container in containers_of(world, agent, last):
            yield from _of_container(world, agent, container, ticks, sets)


Sets = dict[tuple[str, app_points_past.Tags], MetricSet]


def _of_container(world: World, agent: Agent, container: Container, ticks: Ticks, sets: Sets) -> Iterator[Figures]:
    sample_at = app_points_past.measured_at(world, agent, container, ticks.astype(float))
    known = np.isfinite(sample_at)
    at, sample_at = ticks[known], sample_at[known]
    if not len(at):
        return
    for tags, values in app_points_past.sets_of(container, sample_at).items():
        found = sets.get((container.container_id, tags))
        if found is not None:
            columns = [*(values[name] for name in found.names), at - np.floor(sample_at)]
            yield _line(found, at, np.stack(columns, axis=1))


def _line(of: MetricSet, at: Ticks, matrix: Matrix) -> Figures:
    return Figures(app_metrics.KIND, (*of.names, app_metrics.AGE), np.full(len(at), of.pk), at, matrix)
