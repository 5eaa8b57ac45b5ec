from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from collectors.records import AgentPlace
from collectors.sources import SOURCES_BY_NAME
from collectors.sources.summary import decode_summary
from collectors.turns import agents_in, containers_in, turns
from tests.builders import agent_containers, container_reading
from tests.collectors.conftest import agent, summary


def places(count: int) -> list[AgentPlace]:
    return [AgentPlace(agent_id=f"S{number}", host=f"h{number}") for number in range(count)]


@pytest.mark.parametrize(("agents", "sizes"), [(0, [0]), (1, [1]), (200, [200]), (201, [200, 1]), (1000, [200] * 5)])
def test_every_agent_is_in_one_shard_and_there_is_always_a_first(agents: int, sizes: list[int]) -> None:
    made = list(turns(SOURCES_BY_NAME["nodes"], places(agents), tick=60))
    assert [len(turn.agents) for turn in made] == sizes
    assert [turn.shard for turn in made] == list(range(len(sizes)))
    assert [place for turn in made for place in turn.agents] == places(agents)


def test_a_source_with_one_answer_for_all_has_one_turn_and_no_agents() -> None:
    (turn,) = turns(SOURCES_BY_NAME["summary"], places(300), tick=60)
    assert (turn.agents, turn.tick, turn.period_seconds) == ((), 60, 10)


def test_the_agents_are_those_of_the_summary() -> None:
    body = json.dumps(summary(agent("10.0.0.8"), agent("10.0.0.7"))).encode()
    record, _ = decode_summary(body, datetime(2026, 11, 22, tzinfo=UTC))
    assert agents_in([record]) == (
        AgentPlace(agent_id="id-of-10.0.0.7", host="10.0.0.7"),
        AgentPlace(agent_id="id-of-10.0.0.8", host="10.0.0.8"),
    )


def test_the_containers_to_be_asked_are_those_that_agents_list() -> None:
    listed = agent_containers("10.0.0.7", container_reading("c1"), container_reading("c2"))
    assert [(one.host, one.agent_id, one.container_id) for one in containers_in([listed])] == [
        ("10.0.0.7", "id-of-10.0.0.7", "c1"),
        ("10.0.0.7", "id-of-10.0.0.7", "c2"),
    ]
