from __future__ import annotations

import time
from typing import Any

import pytest

from collectors.crowd import Terms
from collectors.errors import Outcome, PollError
from collectors.records import AgentPlace, AppContainer, AppMetricsReading, Harvest, Turn
from collectors.sources import app_metrics
from collectors.sources.app_metrics import SOURCE
from collectors.target import Kind, Target
from tests.collectors.conftest import Stage
from tests.faults import server as fault
from tests.faults.server import FaultServer, Script

NONE = fault.answer(status="204 No Content")


def path_of(container_id: str, host: str = "a") -> str:
    return f"/system/v1/agent/id-of-{host}/metrics/v0/containers/{container_id}/app"


def said(container_id: str, **values: Any) -> Script:
    points = [{"name": name, "value": value, "unit": ""} for name, value in values.items()]
    return fault.document({"datapoints": points, "dimensions": {"container_id": container_id}})


def polled(front: FaultServer, *wanted: tuple[str, str]) -> Harvest:
    """Asked for containers, each the host and the id."""
    containers = tuple(AppContainer(host=host, agent_id=f"id-of-{host}", container_id=one) for host, one in wanted)
    places = tuple(
        AgentPlace(agent_id=f"id-of-{host}", host=host) for host in dict.fromkeys(host for host, _ in wanted)
    )
    turn = Turn(tick=0, period_seconds=60, agents=places, app_containers=containers)
    return SOURCE.poll(Target(Kind.DCOS, front.url, token="t0k"), turn)


def told(harvest: Harvest) -> dict[str, dict[str, float]]:
    records = [record for record in harvest.records if isinstance(record, AppMetricsReading)]
    return {one.container_id: {k: v for each in one.sets for k, v in each.values.items()} for one in records}


def test_each_container_is_asked_and_one_that_tells_nothing_is_no_error(stage: Stage) -> None:
    front = stage.server({path_of("c1"): said("c1", hits=1), path_of("c2"): NONE})
    harvest = polled(front, ("a", "c1"), ("a", "c2"), ("a", "gone"))
    assert told(harvest) == {"c1": {"hits": 1}, "c2": {}, "gone": {}}
    assert (harvest.outcome, harvest.requests) == (Outcome.OK, 3)
    assert [(node.host, node.outcome, node.requests) for node in harvest.nodes] == [("a", Outcome.OK, 3)]
    assert all(request.headers["authorization"] == "token=t0k" for request in front.seen)


def test_nobody_is_asked_where_it_is_nobodys_turn(stage: Stage) -> None:
    harvest = polled(stage.server())
    assert (harvest.records, harvest.nodes, harvest.outcome) == ((), (), Outcome.OK)


def test_the_answer_of_another_container_is_refused_and_told(stage: Stage) -> None:
    front = stage.server({path_of("c1"): said("c12", hits=1), path_of("c2"): said("c2", hits=2)})
    harvest = polled(front, ("a", "c1"), ("a", "c2"))
    assert told(harvest) == {"c2": {"hits": 2}}
    assert harvest.dropped == {"app metrics: the answer of another container": 1}
    (node,) = harvest.nodes
    assert node.outcome is Outcome.PARTIAL and node.detail.startswith("1 of 2 containers did not answer: ")


def test_an_empty_answer_with_200_is_a_failure_and_not_a_no(stage: Stage) -> None:
    """Telegraf cannot write infinity, and answers 200 with nothing."""
    front = stage.server({path_of("c1"): fault.answer(), path_of("c2"): said("c2", hits=2)})
    harvest = polled(front, ("a", "c1"), ("a", "c2"))
    assert told(harvest) == {"c2": {"hits": 2}} and harvest.nodes[0].outcome is Outcome.PARTIAL


def test_an_agent_that_stays_silent_is_asked_for_one_container_only(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_metrics, "TERMS", Terms(seconds=0.5, limit_bytes=10_000))
    silent = {path_of(f"c{number}", "b"): fault.hang for number in range(20)}
    front = stage.server({**silent, path_of("c1"): said("c1", hits=1), path_of("c2"): NONE})
    began = time.monotonic()
    harvest = polled(front, *(("b", f"c{number}") for number in range(20)), ("a", "c1"), ("a", "c2"))
    assert time.monotonic() - began < fault.HUNG_SECONDS / 2
    assert told(harvest) == {"c1": {"hits": 1}, "c2": {}}
    assert {node.host: (node.outcome, node.requests) for node in harvest.nodes} == {
        "b": (Outcome.TIMEOUT_HEADERS, 1),
        "a": (Outcome.OK, 2),
    }
    assert harvest.notes == ("19 containers were not asked because their agents did not answer for another.",)


def test_a_container_whose_answer_cannot_be_read_does_not_silence_its_agent(stage: Stage) -> None:
    front = stage.server({path_of("c1"): fault.answer(b"{"), path_of("c2"): said("c2", hits=2)})
    assert told(polled(front, ("a", "c1"), ("a", "c2"))) == {"c2": {"hits": 2}}


def test_an_agent_that_admin_router_does_not_know_is_told_as_such(stage: Stage) -> None:
    unknown = fault.answer(b"404 Not Found: agent `id-of-b` unknown.", status="404 Not Found")
    front = stage.server({path_of("c1", "b"): unknown, path_of("c1"): NONE})
    harvest = polled(front, ("b", "c1"), ("b", "c2"), ("a", "c1"))
    assert {node.host: node.outcome for node in harvest.nodes} == {"b": Outcome.NOT_FOUND, "a": Outcome.OK}
    assert told(harvest) == {"c1": {}} and len(front.seen) == 2


def test_where_nobody_answers_the_poll_failed(stage: Stage) -> None:
    refusing = fault.page("401", status="401 Unauthorized")
    with pytest.raises(PollError) as failed:
        polled(stage.server({path_of("c1"): refusing, path_of("c2"): refusing}), ("a", "c1"), ("a", "c2"))
    assert failed.value.outcome is Outcome.AUTH and [node.host for node in failed.value.nodes] == ["a"]


def test_an_id_that_may_not_stand_in_a_url_is_never_asked(stage: Stage) -> None:
    front = stage.server({path_of("c1"): NONE})
    harvest = polled(front, ("a", "../node"), ("a", "c1"))
    assert front.paths == [path_of("c1")]
    assert harvest.dropped == {"container: an id that may not stand in a URL": 1}


def test_the_first_in_turn_are_asked_and_the_others_have_to_wait(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_metrics, "MOST_ASKED", 2)
    front = stage.server({path_of(f"c{number}"): NONE for number in range(4)})
    harvest = polled(front, *(("a", f"c{number}") for number in range(4)))
    assert told(harvest).keys() == {"c0", "c1"}
    assert harvest.notes == ("2 containers had no turn this time; they are asked first the next.",)


def test_no_poll_holds_more_metrics_than_may_be_held(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_metrics, "MOST_SERIES", 3)
    front = stage.server(
        {path_of("c1"): said("c1", a=1, b=2), path_of("c2"): said("c2", a=1, b=2), path_of("c3"): NONE}
    )
    harvest = polled(front, ("a", "c1"), ("a", "c2"), ("a", "c3"))
    assert sum(map(len, told(harvest).values())) == 2 and "c3" in told(harvest)
    assert harvest.dropped == {"app metric: more than 3 in one poll": 2}


def test_plain_mesos_has_no_such_service() -> None:
    assert SOURCE.kinds == {Kind.DCOS}
