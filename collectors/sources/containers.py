"""What every agent's containers measure, asked the best way that each agent allows.

Endpoint: POST /api/v1 GET_CONTAINERS of each agent; where that is refused GET /containers; on DC/OS where both are
          refused GET /system/v1/agent/<id>/metrics/v0/containers and …/containers/<container id>
Document: https://mesos.apache.org/documentation/latest/operator-http-api/#get_containers-1
Yields:   AgentContainers for each agent that answered, NodeOutcome for each that was asked

The operator API tells all containers of an agent, nested ones too, in one answer; `/containers` the roots; the metrics
service one container a question. Which way worked is remembered, so that an agent usually costs one question.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from collectors.client import MIB, Answer, Client
from collectors.costs import NOTHING, Cost
from collectors.crowd import Terms
from collectors.decoding import Dropped, count
from collectors.each_agent import Reply, ask_each, harvest_of, is_unknown_to_router
from collectors.errors import Outcome, PollError
from collectors.records import AgentContainers, AgentPlace, ContainerReading, Harvest, NodeOutcome, Turn
from collectors.sources import containers_in_turn
from collectors.sources.container_lists import of_containers, of_operator_api
from collectors.sources.container_routes import Memory, Route, settled
from collectors.sources.source import POLL_DEADLINE_SECONDS, Source
from collectors.target import Kind, Target, blame

MOST_CONTAINERS = 500
# Room for 500 containers of 16 KiB, which is one with statistics of ten block devices. Five seconds, so that all 200
# agents of a shard have their turn within the poll's deadline even if most of them hang.
TERMS = Terms(seconds=5.0, limit_bytes=8 * MIB)
GET_CONTAINERS = b'{"type":"GET_CONTAINERS","get_containers":{"show_nested":true,"show_standalone":true}}'
REFUSED = frozenset({401, 403, 404})
NOT_SERVED = REFUSED | {400, 405, 406, 415, 501}
NO_NESTED = "containers inside pods are not told"
PARTIAL = {Route.OPERATOR_API: "", Route.CONTAINERS: NO_NESTED}
LESSER = {
    Route.CONTAINERS: "refuse their operator API",
    Route.DCOS_METRICS: "refuse operator API and /containers, so their containers are asked for one by one",
}
MEMORY = Memory()

Read = Callable[..., list[ContainerReading]]
R = Reply[AgentContainers]


@dataclass
class Asking:
    """One poll: every agent the way it is known to allow, then the next way where that is refused."""

    client: Client
    target: Target
    dropped: Dropped = field(default_factory=Counter)
    ways: dict[AgentPlace, Route] = field(default_factory=dict)
    refusals: dict[AgentPlace, list[PollError]] = field(default_factory=dict)
    kept: dict[AgentPlace, frozenset[str]] = field(default_factory=dict)
    """The containers of an agent that has more of them than are kept."""
    costs: dict[AgentPlace, Cost] = field(default_factory=dict)
    """What each agent was asked, all ways together."""
    silent: dict[AgentPlace, str] = field(default_factory=dict)
    """Agents some of whose containers, asked one by one, did not answer, and why."""

    def run(self, places: Sequence[AgentPlace]) -> list[R]:
        """The replies in the order of the places."""
        self.ways = {place: MEMORY.route(self._agent(place)) for place in places}
        replies: dict[AgentPlace, R] = {}
        for route in Route:
            for reply in self._ask(route, [place for place in places if self.ways[place] is route]):
                self.costs[reply.place] = self.costs.get(reply.place, NOTHING) + reply.cost
                if not self._moves_on(route, reply):
                    replies[reply.place] = self._settled(route, reply)
        return [replies[place] for place in places]

    def _ask(self, route: Route, places: list[AgentPlace]) -> list[R]:
        if route is Route.OPERATOR_API:
            return self._ask_list(route, places, "/api/v1", replace(TERMS, body=GET_CONTAINERS), of_operator_api)
        if route is Route.CONTAINERS:
            return self._ask_list(route, places, "/containers", TERMS, of_containers)
        asking = containers_in_turn.InTurn(self.client, self.target, self.dropped, self._choose, self.silent)
        return asking.run(places)

    def _ask_list(self, route: Route, places: list[AgentPlace], path: str, terms: Terms, read: Read) -> list[R]:
        def record(place: AgentPlace, answer: Answer) -> AgentContainers:
            found = read(answer.body, self.dropped, answered_at=answer.taken_at, url=answer.url)
            # Roots stand first: they are what the frameworks asked for.
            found.sort(key=lambda reading: (bool(reading.parent_id), reading.container_id))
            ids = dict.fromkeys(reading.container_id for reading in found)
            chosen = self._choose(place, list(ids), MOST_CONTAINERS)
            readings = [reading for reading in found if reading.container_id in chosen]
            # The same id may stand below several parents.
            count(self.dropped, over(MOST_CONTAINERS), max(0, len(readings) - MOST_CONTAINERS))
            readings = readings[:MOST_CONTAINERS]
            return AgentContainers(
                host=place.host,
                agent_id=place.agent_id,
                taken_at=min((reading.taken_at for reading in readings), default=answer.taken_at),
                route=str(route),
                containers=tuple(readings),
                partial=PARTIAL[route],
            )

        return ask_each(self.client, self.target, places, path, terms, record)

    def _choose(self, place: AgentPlace, ids: Sequence[str], most: int) -> frozenset[str]:
        """The containers of an agent to keep: all, or as many as are allowed, and the others counted."""
        if len(ids) <= most:
            return frozenset(ids)
        count(self.dropped, over(most), len(ids) - most)
        self.kept[place] = settled(ids, most, MEMORY.kept(self._agent(place)))
        return self.kept[place]

    def _moves_on(self, route: Route, reply: R) -> bool:
        """Whether the agent is to be asked the next way, because this one is closed: the answer told nothing else."""
        error = reply.error
        if error is None or is_unknown_to_router(error):
            return False
        if route is Route.OPERATOR_API:
            closed = error.http_status in NOT_SERVED or error.outcome in (Outcome.NOT_JSON, Outcome.WRONG_SHAPE)
            following = Route.CONTAINERS
        else:
            closed = route is Route.CONTAINERS and self.target.kind is Kind.DCOS and error.http_status in REFUSED
            following = Route.DCOS_METRICS
        if closed:
            self.refusals.setdefault(reply.place, []).append(error)
            self.ways[reply.place] = following
        return closed

    def _settled(self, route: Route, reply: R) -> R:
        """The agent's last word. What closed the ways before it is told with an error, and forgotten after a success."""
        agent, reply = self._agent(reply.place), replace(reply, cost=self.costs[reply.place])
        if reply.error is None:
            MEMORY.worked(agent, route, kept=self.kept.get(reply.place, ()))
            return reply
        if reply.error.http_status in NOT_SERVED:
            MEMORY.failed(agent)
        return replace(reply, error=blame([*self.refusals.get(reply.place, ()), reply.error]))

    def _agent(self, place: AgentPlace) -> tuple[str, str]:
        return self.target.url, place.agent_id


def over(most: int) -> str:
    return f"container: more than {most} on one agent"


def poll(target: Target, turn: Turn) -> Harvest:
    """The agents of this shard, all at once within bounds; a silent one costs its own time only."""
    with target.open(deadline_seconds=POLL_DEADLINE_SECONDS) as client:
        asking = Asking(client, target)
        replies = asking.run(turn.agents)
        harvest = harvest_of(client, replies, asking.dropped)
    nodes = [
        with_silence(node, asking.silent.get(reply.place)) for node, reply in zip(harvest.nodes, replies, strict=True)
    ]
    return replace(harvest, nodes=tuple(nodes), notes=tuple(notes_on(harvest)))


def with_silence(node: NodeOutcome, why: str | None) -> NodeOutcome:
    return replace(node, outcome=Outcome.PARTIAL, detail=why) if why else node


def notes_on(harvest: Harvest) -> Iterator[str]:
    """A line for each lesser way that was taken: how many agents, what it does not tell, what it costs."""
    records = [record for record in harvest.records if isinstance(record, AgentContainers)]
    for route, words in LESSER.items():
        taken = [record for record in records if record.route == route]
        if taken:
            untold = "; ".join(dict.fromkeys(record.partial for record in taken if record.partial))
            cost = f"; {harvest.requests} requests in all" if route is Route.DCOS_METRICS else ""
            yield f"{len(taken)} of {len(records)} agents {words}{cost}{untold and f': {untold}'}."


SOURCE = Source(
    name="containers",
    title="Containers",
    endpoint="/agent/<id>/api/v1",
    document="https://mesos.apache.org/documentation/latest/operator-http-api/",
    records="AgentContainers",
    period_seconds=60,
    lag_seconds=0,
    kinds=frozenset(Kind),
    agents_per_shard=200,
    poll=poll,
)
