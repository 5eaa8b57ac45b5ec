from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

import msgspec
import pytest

from collectors.decoding import Dropped
from collectors.errors import Outcome, PollError
from collectors.metrics import AGENT_METRICS
from collectors.records import AgentPlace, AgentSnapshot, Harvest, NodeOutcome, Turn
from collectors.sources.agents import SOURCE, decode_snapshot
from collectors.target import Kind, Target
from tests.collectors.conftest import Stage
from tests.faults import server as fault
from tests.faults.server import FaultServer, Script

SNAPSHOT = {"slave/registered": 1.0, "slave/uptime_secs": 42.5, "slave/cpus_used": 1.5, "slave/tasks_failed": 3}


def told(**changes: Any) -> Script:
    return fault.document({**SNAPSHOT, **{key.replace("__", "/"): value for key, value in changes.items()}})


def turn(*hosts: str, ports: tuple[int, ...] = ()) -> Turn:
    places = tuple(
        AgentPlace(agent_id=f"id-of-{host}", host=host, port=port)
        for host, port in zip(hosts, ports or (5051,) * len(hosts), strict=True)
    )
    return Turn(tick=0, period_seconds=60, agents=places)


def router(stage: Stage, **agents: Script) -> FaultServer:
    return stage.server({f"/agent/id-of-{name}/metrics/snapshot": script for name, script in agents.items()})


def polled(front: FaultServer, which: Turn) -> Harvest:
    return SOURCE.poll(Target(Kind.DCOS, front.url, token="t0k"), which)


def agents_of(harvest: Harvest) -> dict[str, AgentSnapshot]:
    return {record.host: record for record in harvest.records if isinstance(record, AgentSnapshot)}


def fates(harvest: Harvest) -> dict[str, NodeOutcome]:
    return {node.place: node for node in harvest.nodes}


def decoded(document: object) -> tuple[dict[str, float], Dropped]:
    dropped: Dropped = Counter()
    return dict(decode_snapshot(msgspec.json.encode(document), dropped)), dropped


def test_each_agent_tells_whether_it_is_registered_and_how_long_it_lives(stage: Stage) -> None:
    harvest = polled(router(stage, a=told(), b=told(slave__registered=0.0, slave__uptime_secs=1.0)), turn("a", "b"))
    found = agents_of(harvest)
    assert [(one.agent_id, one.registered, one.uptime_seconds) for one in found.values()] == [
        ("id-of-a", True, 42.5),
        ("id-of-b", False, 1.0),
    ]
    assert found["a"].metrics == SNAPSHOT
    assert (harvest.outcome, harvest.requests, harvest.dropped) == (Outcome.OK, 2, {})


def test_the_snapshot_is_asked_for_without_a_time_out_of_mesos(stage: Stage) -> None:
    front = router(stage, a=told())
    polled(front, turn("a"))
    assert front.paths == ["/agent/id-of-a/metrics/snapshot"]
    assert front.seen[0].headers["authorization"] == "token=t0k"


def test_on_mesos_each_agent_is_asked_at_its_own_port_without_the_token(stage: Stage) -> None:
    servers = [stage.server({"/metrics/snapshot": told(slave__tasks_running=number)}) for number in (5, 6)]
    which = turn("127.0.0.1", "127.0.0.1", ports=tuple(server.port for server in servers))
    harvest = SOURCE.poll(Target(Kind.MESOS, "http://127.0.0.1:1", token="t0k"), which)
    records = [record for record in harvest.records if isinstance(record, AgentSnapshot)]
    assert [record.metrics["slave/tasks_running"] for record in records] == [5, 6]
    assert list(fates(harvest)) == [f"127.0.0.1:{server.port}" for server in servers]
    assert all(node.direct for node in harvest.nodes)
    assert "authorization" not in servers[0].seen[0].headers


def test_only_the_metrics_of_the_catalogue_are_kept_and_all_of_them() -> None:
    everything = {metric.name: float(number) for number, metric in enumerate(AGENT_METRICS)}
    strangers = {"slave/cpus_percent": 0.5, "slave/no_such_thing": 1.0, "overlay/slave/registering": "?"}
    metrics, dropped = decoded(everything | strangers)
    assert metrics == everything
    assert not dropped


def test_what_an_agent_does_not_say_is_absent_and_not_zero() -> None:
    metrics, dropped = decoded({"slave/registered": 1})
    assert metrics == {"slave/registered": 1}
    assert not dropped


def test_an_agent_that_does_not_tell_its_uptime_has_none(stage: Stage) -> None:
    found = agents_of(polled(router(stage, a=fault.document({"slave/registered": 1.0})), turn("a")))
    assert found["a"].uptime_seconds is None


@pytest.mark.parametrize("value", ["3", None, True, [], {}, float("nan"), 1e400])
def test_what_is_no_number_is_dropped_alone_and_counted(value: object) -> None:
    dropped: Dropped = Counter()
    body = json.dumps(SNAPSHOT | {"slave/cpus_used": value}).encode()
    assert decode_snapshot(body, dropped) == {key: SNAPSHOT[key] for key in SNAPSHOT if key != "slave/cpus_used"}
    assert dropped == {"metric: not a finite number": 1}


def test_a_counter_below_zero_is_dropped_and_a_gauge_is_not() -> None:
    metrics, dropped = decoded(SNAPSHOT | {"slave/tasks_failed": -1, "slave/mem_used": -1})
    assert "slave/tasks_failed" not in metrics
    assert metrics["slave/mem_used"] == -1
    assert dropped == {"metric: a counter below zero": 1}


@pytest.mark.parametrize(
    ("name", "value"), [("slave/uptime_secs", 1e10), ("slave/mem_used", -1e300), ("slave/tasks_failed", 2**64)]
)
def test_a_number_past_all_counting_is_dropped(name: str, value: float) -> None:
    metrics, dropped = decoded(SNAPSHOT | {name: value})
    assert name not in metrics and len(metrics) >= len(SNAPSHOT) - 1
    assert dropped == {"metric: past counting": 1}


@pytest.mark.parametrize("document", [{}, {"master/elected": 1.0}, {"slave/registered": "yes"}, [], 3])
def test_an_answer_that_is_no_agents_is_refused(document: object) -> None:
    with pytest.raises(PollError) as caught:
        decoded(document)
    assert caught.value.outcome is Outcome.WRONG_SHAPE


@pytest.mark.parametrize(
    ("script", "outcome", "words"),
    [
        (fault.document({"master/elected": 1.0}), Outcome.WRONG_SHAPE, "no Mesos agent"),
        (fault.page("502 Bad Gateway", status="502 Bad Gateway"), Outcome.SERVER_ERROR, "502 Bad Gateway"),
        (fault.page("Sign in"), Outcome.NOT_JSON, "Sign in"),
        (fault.answer(b" " * (3 * 2**20)), Outcome.TOO_LARGE, "2 MiB"),
        (fault.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), Outcome.TRUNCATED, "cut"),
        (fault.page("403", status="403 Forbidden"), Outcome.FORBIDDEN, "dcos:adminrouter:ops:slave"),
    ],
    ids=["master", "502", "html", "large", "cut", "403"],
)
def test_one_bad_answer_is_named_and_the_others_stay(
    script: Script, outcome: Outcome, words: str, stage: Stage
) -> None:
    harvest = polled(router(stage, a=told(), b=script), turn("a", "b"))
    assert list(agents_of(harvest)) == ["a"]
    assert fates(harvest)["b"].outcome is outcome and words in fates(harvest)["b"].detail
    assert harvest.outcome is Outcome.PARTIAL


def test_healthy_agents_are_there_while_others_refuse_hang_and_drip(stage: Stage) -> None:
    drip = fault.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
    sick: dict[str, Script] = {"h0": fault.reset_after(b""), "h1": fault.hang, "h2": drip}
    healthy = {f"h{number}": told() for number in range(3, 10)}
    started = time.monotonic()
    harvest = polled(router(stage, **sick, **healthy), turn(*sick, *healthy))
    assert time.monotonic() - started < fault.HUNG_SECONDS / 2
    assert list(agents_of(harvest)) == list(healthy)
    ends = [Outcome.TRUNCATED, Outcome.TIMEOUT_HEADERS, Outcome.TIMEOUT_BODY]
    assert [fates(harvest)[host].outcome for host in sick] == ends


def test_all_agents_silent_is_a_failed_poll_with_the_fate_of_each(stage: Stage) -> None:
    with pytest.raises(PollError) as caught:
        polled(router(stage), turn("a", "b"))
    assert caught.value.outcome is Outcome.NOT_FOUND
    assert [node.host for node in caught.value.nodes] == ["a", "b"]


def test_a_cluster_without_agents_is_no_failure(stage: Stage) -> None:
    harvest = polled(router(stage), turn())
    assert (harvest.records, harvest.requests, harvest.outcome) == ((), 0, Outcome.OK)
