from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from collectors.errors import Outcome, PollError
from collectors.records import AgentPlace, Turn
from collectors.sources.containers import MEMORY, SOURCE
from collectors.target import Kind, Target
from tests.collectors.conftest import Stage
from tests.collectors.sources.container_documents import entry, get_containers
from tests.collectors.sources.container_polls import (
    FORBIDDEN,
    NOT_FOUND,
    agents_of,
    api,
    fates,
    ids,
    old,
    polled,
    status,
    told,
    told_the_old_way,
    turn,
)
from tests.faults import server as fault
from tests.faults.server import Script

CALL = {"type": "GET_CONTAINERS", "get_containers": {"show_nested": True, "show_standalone": True}}


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """Ports come again, and what was learnt of an agent there must not."""
    MEMORY.agents.clear()
    yield
    MEMORY.agents.clear()


def test_the_operator_api_tells_all_containers_for_one_question_an_agent(stage: Stage) -> None:
    front = stage.server({api("a"): told("c1", "c2"), api("b"): told()})
    harvest = polled(front, "a", "b")
    found = agents_of(harvest)
    assert (ids(found["a"]), ids(found["b"])) == (["c1", "c2"], [])
    assert (found["a"].agent_id, found["a"].route, found["a"].partial) == ("id-of-a", "operator-api", "")
    assert (harvest.requests, harvest.outcome, harvest.notes) == (2, Outcome.OK, ())
    (first, _) = front.seen
    assert (first.method, json.loads(first.body)) == ("POST", CALL)
    assert first.headers["content-type"] == first.headers["accept"] == "application/json"
    assert first.headers["authorization"] == "token=t0k"


def test_an_agents_record_is_as_old_as_its_oldest_container(stage: Stage) -> None:
    now = time.time()
    numbers = [entry(str(back), resource_statistics={"timestamp": now - back}) for back in (5, 90, 30)]
    (record,) = agents_of(polled(stage.server({api("a"): fault.document(get_containers(*numbers))}), "a")).values()
    assert record.taken_at.timestamp() == pytest.approx(now - 90, abs=0.001)


CLOSED = {
    "400": status("400 Bad Request"),
    "401": status("401 Unauthorized"),
    "403": FORBIDDEN,
    "404": NOT_FOUND,
    "405": status("405 Method Not Allowed"),
    "415": status("415 Unsupported Media Type"),
    "501": status("501 Not Implemented"),
    "html": fault.page("DC/OS"),
    "other json": fault.document({"message": "no such thing"}),
}


@pytest.mark.parametrize("closed", CLOSED.values(), ids=list(CLOSED))
def test_where_the_operator_api_is_closed_the_older_endpoint_tells_the_roots(closed: Script, stage: Stage) -> None:
    front = stage.server({api("a"): closed, old("a"): told_the_old_way("c1"), api("b"): told("c2")})
    harvest = polled(front, "a", "b")
    found = agents_of(harvest)
    assert (ids(found["a"]), found["a"].route) == (["c1"], "containers")
    assert found["a"].partial == "containers inside pods are not told"
    assert harvest.outcome is Outcome.OK and harvest.requests == 3
    assert harvest.notes == ("1 of 2 agents refuse their operator API: containers inside pods are not told.",)
    again = polled(front, "a", "b")
    assert (again.requests, agents_of(again)["a"].route) == (2, "containers")


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        (status("500 Internal Server Error"), Outcome.SERVER_ERROR),
        (status("502 Bad Gateway"), Outcome.SERVER_ERROR),
        (status("429 Too Many Requests"), Outcome.RATE_LIMITED),
        (fault.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), Outcome.TRUNCATED),
        (fault.answer(b'{"type":' + b"[" * 100_000), Outcome.TOO_DEEP),
        (fault.answer(b" " * (9 * 2**20)), Outcome.TOO_LARGE),
        (fault.answer(b"404 Not Found: agent `id-of-b` unknown.", status="404 Not Found"), Outcome.NOT_FOUND),
    ],
    ids=["500", "502", "429", "cut", "deep", "large", "unknown"],
)
def test_what_says_something_of_the_agent_and_not_of_the_way_is_its_outcome(
    script: Script, outcome: Outcome, stage: Stage
) -> None:
    front = stage.server({api("a"): told("c1"), api("b"): script, old("b"): told_the_old_way("c2")})
    harvest = polled(front, "a", "b")
    assert list(agents_of(harvest)) == ["a"] and harvest.requests == 2
    assert fates(harvest)["b"].outcome is outcome and harvest.outcome is Outcome.PARTIAL


def test_a_silent_agent_keeps_its_way(stage: Stage) -> None:
    front = stage.server({api("a"): NOT_FOUND, old("a"): told_the_old_way("c1"), api("b"): told("c2")})
    polled(front, "a", "b")
    front.scripts[old("a")] = status("502 Bad Gateway")
    assert polled(front, "a", "b").requests == 2
    front.scripts[old("a")] = told_the_old_way("c1")
    again = polled(front, "a", "b")
    assert (again.requests, list(agents_of(again))) == (2, ["a", "b"])


def test_a_way_that_closes_is_left_and_the_next_poll_begins_with_the_best(stage: Stage) -> None:
    front = stage.server({api("a"): status("405 Method Not Allowed"), old("a"): told_the_old_way("c1")})
    polled(front, "a")
    front.scripts[old("a")] = status("405 Method Not Allowed")
    with pytest.raises(PollError):
        polled(front, "a")
    front.scripts[api("a")] = told("c1")
    assert agents_of(polled(front, "a"))["a"].route == "operator-api"


def test_an_agents_own_id_that_may_not_stand_in_a_url_is_not_asked(stage: Stage) -> None:
    front = stage.server({api("a"): told("c1")})
    evil = AgentPlace(agent_id="../../leader", host="evil")
    asked = Turn(tick=0, period_seconds=60, agents=(evil, *turn("a").agents))
    harvest = SOURCE.poll(Target(Kind.DCOS, front.url), asked)
    assert front.paths == [api("a")] and list(agents_of(harvest)) == ["a"]
    assert fates(harvest)["evil"].outcome is Outcome.REDIRECT_REFUSED


def test_five_hundred_containers_an_agent_are_kept_roots_first_and_the_same_each_time(stage: Stage) -> None:
    nested = [entry(f"a{number}", parent="r0") for number in range(300)]
    listed = [*nested, *(entry(f"r{number}") for number in range(250))]
    fresh = [{**each, "resource_statistics": {"threads": 1}} for each in listed]
    front = stage.server({api("a"): fault.document(get_containers(*fresh))})
    harvest = polled(front, "a")
    kept = set(ids(agents_of(harvest)["a"]))
    assert len(kept) == 500 and {f"r{number}" for number in range(250)} <= kept
    assert harvest.dropped == {"container: more than 500 on one agent": 50}
    newer = [entry(f"0{number}", resource_statistics={"threads": 1}) for number in range(9)]
    front.scripts[api("a")] = fault.document(get_containers(*newer, *fresh))
    assert set(ids(agents_of(polled(front, "a"))["a"])) == kept


def test_the_same_id_below_many_parents_is_within_the_limit_too(stage: Stage) -> None:
    nested = [entry("same", parent=f"r{number:03d}", resource_statistics=None) for number in range(600)]
    front = stage.server({api("a"): fault.document(get_containers(entry("root", resource_statistics=None), *nested))})
    harvest = polled(front, "a")
    kept = agents_of(harvest)["a"].containers
    assert len(kept) == 500 and kept[0].container_id == "root"
    assert harvest.dropped == {"container: more than 500 on one agent": 101}


def test_all_agents_silent_is_a_failed_poll_with_the_fate_of_each(stage: Stage) -> None:
    front = stage.server({api(host): status("502 Bad Gateway") for host in "ab"})
    with pytest.raises(PollError) as caught:
        polled(front, "a", "b")
    assert caught.value.outcome is Outcome.SERVER_ERROR
    assert [node.host for node in caught.value.nodes] == ["a", "b"]


def test_seven_healthy_agents_of_ten_are_there_while_the_others_refuse_hang_and_drip(stage: Stage) -> None:
    drip = fault.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
    sick: dict[str, Script] = {"h0": fault.reset_after(b""), "h1": fault.hang, "h2": drip}
    healthy: dict[str, Script] = {f"h{number}": told("c1") for number in range(3, 10)}
    front = stage.server({api(host): script for host, script in {**sick, **healthy}.items()})
    started = time.monotonic()
    harvest = polled(front, *sick, *healthy)
    assert time.monotonic() - started < fault.HUNG_SECONDS / 2
    assert list(agents_of(harvest)) == list(healthy)
    assert [fates(harvest)[host].outcome for host in sick] == [
        Outcome.TRUNCATED,
        Outcome.TIMEOUT_HEADERS,
        Outcome.TIMEOUT_BODY,
    ]


def test_an_empty_shard_is_nothing_to_ask(stage: Stage) -> None:
    harvest = polled(stage.server())
    assert (harvest.records, harvest.requests, harvest.outcome) == ((), 0, Outcome.OK)


def test_on_mesos_an_agent_is_asked_at_its_own_port_and_has_no_metrics_service(stage: Stage) -> None:
    agent = stage.server({"/api/v1": FORBIDDEN, "/containers": told_the_old_way("c1")})
    target = Target(Kind.MESOS, "http://127.0.0.9:5050", token="t0k")
    place = AgentPlace(agent_id="S1", host="127.0.0.1", port=agent.port)
    asked = Turn(tick=0, period_seconds=60, agents=(place,))
    harvest = SOURCE.poll(target, asked)
    assert ids(agents_of(harvest)["127.0.0.1"]) == ["c1"] and harvest.nodes[0].direct
    assert all("authorization" not in request.headers for request in agent.seen)
    agent.scripts["/containers"] = FORBIDDEN
    with pytest.raises(PollError) as caught:
        SOURCE.poll(target, asked)
    assert caught.value.outcome is Outcome.FORBIDDEN
    assert agent.paths == ["/api/v1", "/containers", "/containers"]


def heavy(number: int) -> dict[str, Any]:
    """A container with ten block devices, every operation of each told in three tables."""
    operations = [{"op": op, "value": 123_456_789_012} for op in ("TOTAL", "READ", "WRITE", "SYNC", "ASYNC")]
    device = {"io_serviced": operations, "io_service_bytes": operations}
    table = [{**device, "device": {"major_number": 8, "minor_number": minor}} for minor in range(10)]
    blkio = {"cfq": table, "cfq_recursive": table, "throttling": table}
    return entry(f"c{number}", resource_statistics={"timestamp": time.time(), "blkio_statistics": blkio})


def test_five_hundred_heavy_containers_are_within_the_limit_of_an_answer(stage: Stage) -> None:
    body = json.dumps(get_containers(*map(heavy, range(500)))).encode()
    assert 5 * 2**20 < len(body) < 8 * 2**20
    harvest = polled(stage.server({api("a"): fault.answer(body)}), "a")
    assert len(agents_of(harvest)["a"].containers) == 500
    assert agents_of(harvest)["a"].containers[7].metrics["blkio_reads"] == 10 * 123_456_789_012
