"""Which turns ask all of a cluster: one, or for a source that asks each agent one for every shard of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from collectors.records import AgentContainers, AgentPlace, AppContainer, ClusterSummary, Record, Turn
from collectors.sources.source import Source


def agents_in(records: Iterable[Record]) -> tuple[AgentPlace, ...]:
    """The agents that summaries list, by host and port."""
    agents = [agent for record in records if isinstance(record, ClusterSummary) for agent in record.agents]
    places = (AgentPlace(agent_id=agent.agent_id, host=agent.host, port=agent.port) for agent in agents)
    return tuple(sorted(places, key=lambda place: (place.host, place.port)))


def containers_in(records: Iterable[Record]) -> tuple[AppContainer, ...]:
    """The containers that agents list, to be asked for the metrics of their applications."""
    lists = (record for record in records if isinstance(record, AgentContainers))
    return tuple(
        AppContainer(host=one.host, agent_id=one.agent_id, container_id=container.container_id)
        for one in lists
        for container in one.containers
    )


def turns(source: Source, agents: Sequence[AgentPlace], *, tick: int) -> Iterator[Turn]:
    """The first turn always comes, for what belongs to no agent."""
    size = source.agents_per_shard
    shards = range(0, max(1, len(agents)), size) if size else range(1)
    for shard, start in enumerate(shards):
        members = tuple(agents[start : start + size])
        yield Turn(tick=tick, period_seconds=source.period_seconds, agents=members, shard=shard)
