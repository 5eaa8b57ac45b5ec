from __future__ import annotations

import pytest

from collectors.client import Client
from collectors.costs import Cost, cost_of
from collectors.crowd import WIDTH, Terms, ask_all
from collectors.records import AGENT_PORT, AgentPlace, NodeOutcome, Turn
from collectors.simulator import Settings, Simulator
from collectors.sources import SOURCES_BY_NAME
from collectors.sources.summary import SOURCE as SUMMARY
from collectors.target import Kind, Target
from collectors.turns import agents_in
from tests.faults import server as fault
from tests.faults.server import FaultServer


def test_questions_and_bytes_add_up_and_the_longest_time_counts() -> None:
    assert Cost(1, 100, 0.2) + Cost(2, 50, None) + Cost(1, 0, 0.1) == Cost(4, 150, 0.2)
    assert Cost() + Cost() == Cost(0, 0, None)


def test_an_answer_costs_its_body_and_a_failure_one_question() -> None:
    with FaultServer({"/a": fault.answer(b"x" * 500)}) as server, Client(deadline_seconds=5) as client:
        urls = {f"{server.url}/a", f"{server.url}/gone"}
        ends = {url: cost_of(end) for url, end in ask_all(client, urls, Terms(seconds=2, limit_bytes=1024))}
    whole = ends[f"{server.url}/a"]
    assert (whole.requests, whole.bytes_read) == (1, 500) and whole.seconds is not None and whole.seconds > 0
    assert ends[f"{server.url}/gone"] == Cost(1, 0, None)


def test_whoever_was_not_reached_in_time_cost_nothing() -> None:
    paths = [f"/{number}" for number in range(WIDTH + 4)]
    with FaultServer(dict.fromkeys(paths, fault.hang)) as server, Client(deadline_seconds=0.5) as client:
        urls = [server.url + path for path in paths]
        costs = [cost_of(end) for _, end in ask_all(client, urls, Terms(seconds=2, limit_bytes=9))]
    assert sorted(cost.requests for cost in costs) == [0] * 4 + [1] * WIDTH


def nodes(source: str, agents: tuple[AgentPlace, ...], target: Target) -> dict[str, NodeOutcome]:
    harvest = SOURCES_BY_NAME[source].poll(target, Turn(tick=0, period_seconds=60, agents=agents))
    assert sum(node.requests for node in harvest.nodes) <= harvest.requests
    assert sum(node.bytes_read for node in harvest.nodes) <= harvest.bytes_read
    return {node.place: node for node in harvest.nodes}


@pytest.mark.parametrize("source", ["masters", "nodes", "agents", "containers", "flags"])
def test_every_source_that_asks_nodes_tells_what_each_cost(source: str) -> None:
    with Simulator(Settings(agents=3, with_stories=False)).running() as simulator:
        target = Target(Kind.DCOS, simulator.router_url)
        agents = agents_in(SUMMARY.poll(target, Turn(tick=0, period_seconds=10)).records)
        found = nodes(source, agents, target)
    answered = [node for node in found.values() if node.outcome == "ok"]
    assert answered and all(node.requests and node.bytes_read > 100 and node.seconds for node in answered)
    if source in ("nodes", "agents", "containers"):
        assert all(found[agent.host].requests == 1 for agent in agents if agent.port == AGENT_PORT)
