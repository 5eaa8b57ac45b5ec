"""The containers of agents that tell them only through DC/OS' metrics service: a list of ids, then each id by itself.

Endpoint: GET /system/v1/agent/<id>/metrics/v0/containers, …/containers/<container id>
Document: https://github.com/dcos/dcos-metrics

A container that has ended, or that has not been measured yet, is a 204 or a 404 of the second question: that is no error.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from collectors.addresses import safe_id
from collectors.client import MIB, Answer, Client
from collectors.costs import NOTHING, Cost, cost_of
from collectors.crowd import Terms, ask_all
from collectors.decoding import Dropped, count, decode, each
from collectors.each_agent import Reply, ask_each, metrics_url_of
from collectors.errors import Outcome, PollError
from collectors.records import AgentContainers, AgentPlace
from collectors.sources.container_datapoints import Told, of_message
from collectors.sources.container_routes import Route
from collectors.target import Target, blame

MOST_ASKED = 40
TERMS = Terms(seconds=5.0, limit_bytes=MIB)
TELEGRAF = "what is 0, which framework, executor and parent a container has, is not told"
DCOS_METRICS = "containers inside pods and what was sent over the network are not told, nor most of what is 0"
Choose = Callable[[AgentPlace, Sequence[str], int], frozenset[str]]


@dataclass
class Gathered:
    """What has been told of one agent's containers so far."""

    answered_at: datetime
    ids: frozenset[str]
    told: list[Told] = field(default_factory=list)
    errors: list[PollError] = field(default_factory=list)
    cost: Cost = NOTHING
    """Of the questions about its containers."""


@dataclass
class InTurn:
    """Agents asked for their lists, then all listed containers at once within the crowd's bounds."""

    client: Client
    target: Target
    dropped: Dropped
    choose: Choose
    """Which of an agent's containers to ask, at most so many."""
    silent: dict[AgentPlace, str]
    """Filled with the agents some of whose containers did not answer, and why."""

    def run(self, places: Sequence[AgentPlace]) -> list[Reply[AgentContainers]]:
        """The replies in the order of the places."""
        lists = ask_each(self.client, self.target, places, "/containers", TERMS, self._read_list, at=metrics_url_of)
        gathered = {reply.place: reply.record for reply in lists if reply.record is not None}
        asked = dict(self._questions(gathered))
        for url, end in ask_all(self.client, asked, TERMS):
            place, container_id = asked[url]
            self._take(gathered[place], container_id, end)
        return [self._reply(reply) for reply in lists]

    def _read_list(self, place: AgentPlace, answer: Answer) -> Gathered:
        listed = decode(answer.body, list[msgspec.Raw] | None, url=answer.url) or []  # type: ignore[arg-type]
        ids = {said for _, said in each(listed, str, self.dropped, what="container")}
        safe = sorted(container_id for container_id in ids if safe_id(container_id))
        count(self.dropped, "container: an id that may not stand in a URL", len(ids) - len(safe))
        return Gathered(answered_at=answer.taken_at, ids=self.choose(place, safe, MOST_ASKED))

    def _questions(self, gathered: dict[AgentPlace, Gathered]) -> Iterator[tuple[str, tuple[AgentPlace, str]]]:
        """Agent after agent, another first each time: where the time is short it is not always the same who wait."""
        for place in random.sample(list(gathered), len(gathered)):
            for container_id in sorted(gathered[place].ids):
                url = metrics_url_of(self.target, place, f"/containers/{container_id}")
                if url is not None:
                    yield url, (place, container_id)

    def _take(self, agent: Gathered, container_id: str, end: Answer | PollError) -> None:
        agent.cost += cost_of(end)
        try:
            if isinstance(end, PollError):
                raise end
            told = of_message(end.body, container_id, self.dropped, answered_at=end.taken_at, url=end.url)
        except PollError as error:
            if not has_ended(error):
                agent.errors.append(error.without_trace())
        else:
            agent.told.append(told)

    def _reply(self, reply: Reply[Gathered]) -> Reply[AgentContainers]:
        place, agent = reply.place, reply.record
        if agent is None:
            return Reply(place=place, direct=reply.direct, error=reply.error, cost=reply.cost)
        cost = reply.cost + agent.cost
        if agent.errors:
            first = blame(agent.errors)
            if not agent.told:
                return Reply(place=place, direct=reply.direct, error=first, cost=cost)
            count(self.dropped, "container: no answer of its own", len(agent.errors))
            self.silent[place] = f"{len(agent.errors)} of {len(agent.ids)} containers did not answer: {first.detail}"
        return Reply(place=place, direct=reply.direct, record=record_of(place, agent), cost=cost)


def has_ended(error: PollError) -> bool:
    """Whether the answer says that there is no such container, or nothing of it yet."""
    return error.http_status in (204, 404) or (error.outcome is Outcome.EMPTY and error.http_status is None)


def record_of(place: AgentPlace, agent: Gathered) -> AgentContainers:
    readings = sorted((told.reading for told in agent.told), key=lambda reading: reading.container_id)
    return AgentContainers(
        host=place.host,
        agent_id=place.agent_id,
        taken_at=min((reading.taken_at for reading in readings), default=agent.answered_at),
        route=str(Route.DCOS_METRICS),
        containers=tuple(readings),
        partial=partial_of(agent.told),
    )


def partial_of(told: Sequence[Told]) -> str:
    """What is not told, by who told; nothing where no container was told of."""
    if not told:
        return ""
    return DCOS_METRICS if any(each.is_dcos_metrics for each in told) else TELEGRAF
