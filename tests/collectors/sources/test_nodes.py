from __future__ import annotations

import time

import pytest

from collectors.errors import Outcome, PollError
from collectors.records import AgentPlace, Harvest, HostMetrics, NodeOutcome, Turn
from collectors.sources.nodes import SOURCE
from collectors.target import Kind, Target
from tests.collectors.conftest import Stage
from tests.collectors.sources.machines import ANSWERING, LEADER, machine, message, path_of, point
from tests.faults import server as fault
from tests.faults.server import FaultServer, Script

MASTER = "10.0.0.100"


def turn(*hosts: str, shard: int = 1) -> Turn:
    places = tuple(AgentPlace(agent_id=f"id-of-{host}", host=host) for host in hosts)
    return Turn(tick=0, period_seconds=60, agents=places, shard=shard)


def router(stage: Stage, **agents: Script) -> FaultServer:
    """Admin Router with a script for each agent, whose host is the name with a dot for each underscore."""
    scripts = {path_of(f"id-of-{host_of(name)}"): script for name, script in agents.items()}
    masters = {path: fault.document(machine(MASTER, 5.5)) for path in (LEADER, ANSWERING)}
    return stage.server({**masters, **scripts})


def host_of(name: str) -> str:
    return name.replace("_", ".")


def polled(front: FaultServer, which: Turn) -> Harvest:
    return SOURCE.poll(Target(Kind.DCOS, front.url, token="t0k"), which)


def machines_of(harvest: Harvest) -> dict[str, HostMetrics]:
    return {record.host: record for record in harvest.records if isinstance(record, HostMetrics)}


def fates(harvest: Harvest) -> dict[str, NodeOutcome]:
    return {node.host: node for node in harvest.nodes}


def test_each_agent_is_asked_by_its_id_and_known_by_its_host(stage: Stage) -> None:
    front = router(stage, a=fault.document(machine("lies", 11)), b=fault.document(machine("lies", 22)))
    harvest = polled(front, turn("a", "b"))
    found = machines_of(harvest)
    assert {host: one.metrics["cpu.total"] for host, one in found.items()} == {"a": 11, "b": 22}
    assert (found["a"].role, found["a"].agent_id) == ("agent", "id-of-a")
    assert harvest.outcome is Outcome.OK and not any(node.direct for node in harvest.nodes)
    assert (harvest.requests, harvest.bytes_read > 1000) == (2, True)
    assert all(request.headers["authorization"] == "token=t0k" for request in front.seen)


def test_the_first_shard_asks_the_masters_and_counts_one_machine_once(stage: Stage) -> None:
    harvest = polled(router(stage, a=fault.document(machine())), turn("a", shard=0))
    assert {host: one.role for host, one in machines_of(harvest).items()} == {"a": "agent", MASTER: "master"}
    assert [node.host for node in harvest.nodes] == ["a", MASTER]


def test_the_answering_master_is_a_machine_of_its_own(stage: Stage) -> None:
    front = router(stage)
    front.scripts[ANSWERING] = fault.document(machine("10.0.0.101"))
    assert list(machines_of(polled(front, turn(shard=0)))) == [MASTER, "10.0.0.101"]


def test_later_shards_ask_no_master(stage: Stage) -> None:
    front = router(stage, a=fault.document(machine()))
    polled(front, turn("a", shard=3))
    assert front.paths == [path_of("id-of-a")]


def test_a_master_that_does_not_say_who_it_is_is_no_machine(stage: Stage) -> None:
    front = router(stage)
    front.scripts[LEADER] = fault.document(machine(""))
    harvest = polled(front, turn(shard=0))
    assert list(machines_of(harvest)) == [MASTER]
    assert fates(harvest)["leader.mesos"].outcome is Outcome.WRONG_SHAPE


UNKNOWN = fault.answer(b"404 Not Found: agent `id-of-b` unknown.", status="404 Not Found")


@pytest.mark.parametrize(
    ("script", "outcome", "words"),
    [
        (fault.answer(status="204 No Content"), Outcome.EMPTY, "Nothing has been measured there yet"),
        (fault.document({"datapoints": []}), Outcome.EMPTY, "Nothing has been measured there yet"),
        (UNKNOWN, Outcome.NOT_FOUND, "Admin Router does not know this agent"),
        (fault.NOT_FOUND, Outcome.NOT_FOUND, "does not exist there"),
        (fault.page("502 Bad Gateway", status="502 Bad Gateway"), Outcome.SERVER_ERROR, "502 Bad Gateway"),
        (fault.page("504", status="504 Gateway Time-out"), Outcome.SERVER_ERROR, "504"),
        (fault.page("Sign in"), Outcome.NOT_JSON, "Sign in"),
        (fault.document({"datapoints": [point("value", 1)]}), Outcome.WRONG_SHAPE, "no datapoint"),
        (fault.answer(b" " * (3 * 2**20)), Outcome.TOO_LARGE, "2 MiB"),
        (fault.answer(b'{"datapoints":' + b"[" * 100_000), Outcome.TOO_DEEP, "nested"),
        (fault.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), Outcome.TRUNCATED, "cut"),
    ],
    ids=["204", "none", "unknown", "404", "502", "504", "html", "shape", "large", "deep", "cut"],
)
def test_one_bad_answer_is_named_and_the_others_stay(
    script: Script, outcome: Outcome, words: str, stage: Stage
) -> None:
    harvest = polled(router(stage, a=fault.document(machine()), b=script), turn("a", "b"))
    assert list(machines_of(harvest)) == ["a"]
    assert fates(harvest)["b"].outcome is outcome and words in fates(harvest)["b"].detail
    assert harvest.outcome is Outcome.PARTIAL


def test_seven_healthy_agents_of_ten_are_there_while_the_others_refuse_hang_and_drip(stage: Stage) -> None:
    drip = fault.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
    sick: dict[str, Script] = {"h0": fault.reset_after(b""), "h1": fault.hang, "h2": drip}
    healthy: dict[str, Script] = {f"h{number}": fault.document(machine()) for number in range(3, 10)}
    started = time.monotonic()
    harvest = polled(router(stage, **sick, **healthy), turn(*sick, *healthy))
    assert time.monotonic() - started < fault.HUNG_SECONDS / 2
    assert list(machines_of(harvest)) == list(healthy)
    assert [fates(harvest)[host].outcome for host in sick] == [
        Outcome.TRUNCATED,
        Outcome.TIMEOUT_HEADERS,
        Outcome.TIMEOUT_BODY,
    ]


def test_all_agents_silent_is_a_failed_poll_with_the_fate_of_each(stage: Stage) -> None:
    front = router(stage, a=fault.page("502", status="502 Bad Gateway"), b=fault.page("502", status="502 Bad Gateway"))
    with pytest.raises(PollError) as caught:
        polled(front, turn("a", "b"))
    assert caught.value.outcome is Outcome.SERVER_ERROR
    assert [node.host for node in caught.value.nodes] == ["a", "b"]


def test_no_router_is_one_failed_poll() -> None:
    target = Target(Kind.DCOS, f"http://127.0.0.1:{fault.free_port()}")
    with pytest.raises(PollError) as caught:
        SOURCE.poll(target, turn("a", "b", shard=0))
    assert caught.value.outcome is Outcome.REFUSED
    assert len(caught.value.nodes) == 4


def test_an_empty_shard_is_nothing_to_ask(stage: Stage) -> None:
    harvest = polled(router(stage), turn())
    assert (harvest.records, harvest.requests, harvest.outcome) == ((), 0, Outcome.OK)


@pytest.mark.parametrize("agent_id", ["../../leader", "a/b", "a b", "a\r\nX: y", "%2e%2e", "a?b", "", "x" * 4096])
def test_an_id_that_may_not_stand_in_a_url_is_not_asked(agent_id: str, stage: Stage) -> None:
    front = router(stage, a=fault.document(machine()))
    good = turn("a").agents[0]
    asked = Turn(tick=0, period_seconds=60, agents=(AgentPlace(agent_id=agent_id, host="evil"), good), shard=1)
    harvest = polled(front, asked)
    assert front.paths == [path_of("id-of-a")]
    assert fates(harvest)["evil"].outcome is Outcome.REDIRECT_REFUSED
    assert list(machines_of(harvest)) == ["a"]


def test_what_was_dropped_is_counted_over_all_machines(stage: Stage) -> None:
    odd = fault.document(message(point("cpu.cores", 2), point("cpu.idle", "NaN")))
    harvest = polled(router(stage, a=odd, b=odd), turn("a", "b"))
    assert harvest.dropped == {"datapoint: not a number": 2}
