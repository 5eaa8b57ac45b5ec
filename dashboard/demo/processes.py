"""What the demo's Mesos processes said of themselves: their flags, by which losses are timed, and agents' own metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator
from datetime import datetime

import msgspec

from collectors.errors import Outcome
from collectors.records import MASTER_PORT, AgentSnapshot, Flags, Harvest, NodeOutcome
from collectors.simulator import World, agent_metrics, flags
from collectors.simulator.agents import started_at
from collectors.simulator.containers import is_answering
from collectors.sources.agents import REGISTERED, UPTIME, decode_snapshot
from collectors.sources.flags import decode_flags
from dashboard.models import Cluster
from dashboard.store import ingest
from dashboard.store.writing import Writing


class Processes:
    """Their last answers, as polls would have left them; of the day before them nothing is kept."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def add_flags(self, world: World, at: datetime, alive: Container[str]) -> None:
        """`alive` are the masters that answered then."""
        masters = [master for master in world.plan.masters if master.host in alive]
        timing = world.timeline.timing
        said = [_flags(master.host, "", flags.of_master(master, world.plan, timing), at) for master in masters]
        agents = [agent for agent in world.plan.agents if is_answering(world, agent, at.timestamp())]
        said += [_flags(agent.host, agent.agent_id, flags.of_agent(agent), at) for agent in agents]
        outcomes = [
            *_answered((master.host for master in masters), MASTER_PORT),
            *_answered(agent.host for agent in agents),
        ]
        self._write("flags", Harvest(records=tuple(said), nodes=tuple(outcomes)), at)

    def add_agents(self, world: World, at: datetime) -> None:
        said = tuple(_snapshots(world, at))
        outcomes = tuple(_answered(one.host for one in said))
        self._write("agents", Harvest(records=said, nodes=outcomes), at)

    def _write(self, source: str, harvest: Harvest, at: datetime) -> None:
        writing = Writing(cluster=self.cluster, tick=int(at.timestamp()), now=at)
        ingest.harvest(writing, source, harvest, duration_seconds=0.0)


def _flags(host: str, agent_id: str, document: object, at: datetime) -> Flags:
    said = decode_flags(msgspec.json.encode(document), Counter())
    return Flags(host=host, agent_id=agent_id, taken_at=at, flags=said)


def _snapshots(world: World, at: datetime) -> Iterator[AgentSnapshot]:
    for agent in world.plan.agents:
        began = started_at(world, agent.host, at.timestamp()) if is_answering(world, agent, at.timestamp()) else None
        if began is None:
            continue
        document = agent_metrics.snapshot(world, agent, at.timestamp(), started_at=began)
        metrics = decode_snapshot(msgspec.json.encode(document), Counter())
        yield AgentSnapshot(
            host=agent.host,
            agent_id=agent.agent_id,
            taken_at=at,
            registered=metrics[REGISTERED] == 1,
            uptime_seconds=metrics.get(UPTIME),
            metrics=metrics,
        )


def _answered(hosts: Iterable[str], port: int | None = None) -> Iterator[NodeOutcome]:
    for host in hosts:
        yield NodeOutcome(host=host, port=port, outcome=Outcome.OK, direct=False)
