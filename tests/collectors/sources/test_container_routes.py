from __future__ import annotations

from collectors.sources.container_routes import Memory, Route, settled

AGENT, OTHER = ("https://dcos.example.com", "S1"), ("https://other.example.com", "S1")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_an_unknown_agent_is_asked_the_best_way_first() -> None:
    assert Memory().route(AGENT) is Route.OPERATOR_API
    assert list(Route) == [Route.OPERATOR_API, Route.CONTAINERS, Route.DCOS_METRICS]


def test_what_worked_is_remembered_for_each_cluster_apart() -> None:
    memory = Memory()
    memory.worked(AGENT, Route.DCOS_METRICS)
    assert (memory.route(AGENT), memory.route(OTHER)) == (Route.DCOS_METRICS, Route.OPERATOR_API)


def test_after_an_hour_the_best_way_is_tried_again_however_often_the_other_was_used() -> None:
    clock = Clock()
    memory = Memory(clock=clock)
    for _ in range(60):
        memory.worked(AGENT, Route.CONTAINERS)
        clock.now += 59
    assert memory.route(AGENT) is Route.CONTAINERS
    clock.now += 61
    assert memory.route(AGENT) is Route.OPERATOR_API
    memory.worked(AGENT, Route.CONTAINERS)
    assert memory.route(AGENT) is Route.CONTAINERS


def test_a_way_that_was_closed_is_forgotten() -> None:
    memory = Memory()
    memory.worked(AGENT, Route.CONTAINERS)
    memory.failed(AGENT)
    memory.failed(OTHER)
    assert memory.route(AGENT) is Route.OPERATOR_API


def test_the_memory_is_bounded_and_forgets_the_longest_unused() -> None:
    memory = Memory(most=3)
    for name in ("a", "b", "c", "a", "d"):
        memory.worked(("url", name), Route.CONTAINERS)
    assert list(memory.agents) == [("url", "c"), ("url", "a"), ("url", "d")]


def test_the_containers_that_were_kept_are_remembered_within_bounds_too() -> None:
    memory = Memory(most_ids=5)
    for name in ("a", "b", "c"):
        memory.worked(("url", name), Route.OPERATOR_API, kept=("1", "2"))
    assert not memory.kept(("url", "a")) and memory.kept(("url", "c")) == {"1", "2"}
    assert sum(len(known.kept) for known in memory.agents.values()) == 4


def test_over_a_limit_those_kept_before_stay_and_the_new_ones_are_refused() -> None:
    first = settled(["a", "b", "c", "d"], 3, ())
    assert first == {"a", "b", "c"}
    assert settled(["0", "1", "a", "b", "c"], 3, first) == first
    assert settled(["0", "1", "c", "d"], 3, first) == {"c", "0", "1"}
