from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

import pytest

from collectors.client import Answer, Client
from collectors.crowd import Terms
from collectors.decoding import decode
from collectors.each_agent import Reply, ask_each, harvest_of, metrics_url_of, outcome_of, url_of
from collectors.errors import Outcome, PollError
from collectors.records import AgentPlace
from collectors.target import Kind, Target
from tests.collectors.conftest import Stage
from tests.faults import server as fault
from tests.faults.server import FaultServer, Script

TERMS = Terms(seconds=2.0, limit_bytes=1024)
ROUTER = Target(Kind.DCOS, "https://dcos.example.com")
MESOS = Target(Kind.MESOS, "http://master.example.com:5050")
HERE = Target(Kind.MESOS, "http://127.0.0.1:5050")
HELLO = fault.document({"said": 1})


def place(agent_id: str, host: str = "10.0.0.7", port: int = 5051) -> AgentPlace:
    return AgentPlace(agent_id=agent_id, host=host, port=port)


def said(place: AgentPlace, answer: Answer) -> tuple[str, object]:
    return place.agent_id, decode(answer.body, dict[str, int], url=answer.url)["said"]


def asked(target: Target, places: Sequence[AgentPlace], *, seconds: float = 10.0) -> list[Reply[tuple[str, object]]]:
    with target.open(deadline_seconds=seconds) as client:
        return ask_each(client, target, places, "/hello", TERMS, said)


def at(server: FaultServer, agent_id: str = "S1") -> AgentPlace:
    """The server as an agent of a plain Mesos cluster."""
    return place(agent_id, "127.0.0.1", int(server.url.rpartition(":")[2]))


def test_on_dcos_an_agent_is_reached_through_admin_router_by_its_id() -> None:
    assert url_of(ROUTER, place("a-S1"), "/flags") == "https://dcos.example.com/agent/a-S1/flags"
    metrics = metrics_url_of(ROUTER, place("a-S1"), "/node")
    assert metrics == "https://dcos.example.com/system/v1/agent/a-S1/metrics/v0/node"


def test_on_mesos_an_agent_is_reached_at_its_own_address_in_the_masters_scheme() -> None:
    assert url_of(MESOS, place("any id", "10.0.0.7", 5052), "/flags") == "http://10.0.0.7:5052/flags"
    assert url_of(MESOS, place("S1", "2001:db8::7"), "/flags") == "http://[2001:db8::7]:5051/flags"
    secured = Target(Kind.MESOS, "https://master.example.com:5050")
    assert url_of(secured, place("S1"), "/flags") == "https://10.0.0.7:5051/flags"


def test_plain_mesos_has_no_metrics_api() -> None:
    assert metrics_url_of(MESOS, place("S1"), "/node") is None


UNSAFE = ["../../leader", "a/b", "a b", "a\r\nX: y", "S1\n", "%2e%2e", "a?b", "a#b", "", ".", "..", "é", "x" * 4096]


@pytest.mark.parametrize("text", UNSAFE)
def test_an_id_or_host_that_may_not_stand_in_a_url_has_none(text: str) -> None:
    assert url_of(ROUTER, place(text), "/flags") is None
    assert metrics_url_of(ROUTER, place(text), "/node") is None
    assert url_of(MESOS, place("S1", text), "/flags") is None


@pytest.mark.parametrize(
    ("host", "port"),
    [("169.254.169.254", 80), ("100.100.100.200", 5051), ("0.0.0.0", 5051), ("10.0.0.7", 0), ("10.0.0.7", 99999)],
)
def test_an_address_where_no_agent_can_be_is_never_asked(host: str, port: int) -> None:
    bad = place("S1", host, port)
    assert url_of(MESOS, bad, "/flags") is None
    (reply,) = asked(HERE, [bad])
    assert reply.record is None and reply.error is not None
    assert (reply.error.outcome, reply.direct) == (Outcome.REDIRECT_REFUSED, True)


def test_unsafe_ids_are_replies_and_only_the_others_are_asked(stage: Stage) -> None:
    front = stage.server({"/agent/S1/hello": HELLO})
    places = [*map(place, UNSAFE), place("S1")]
    *refused, good = asked(Target(Kind.DCOS, front.url), places)
    assert front.paths == ["/agent/S1/hello"]
    assert good.record == ("S1", 1)
    assert [str(reply.error) for reply in refused] == [
        "redirect_refused: The agent's id may not stand in a URL, so it was not asked"
    ] * len(UNSAFE)


def test_replies_stand_in_the_order_of_the_places_whoever_answers_first(stage: Stage) -> None:
    def late(to: fault.Connection) -> None:
        to.wait(0.3)
        HELLO(to)

    front = stage.server({"/agent/S1/hello": late, "/agent/S2/hello": HELLO, "/agent/S3/hello": late})
    replies = asked(Target(Kind.DCOS, front.url), [place("S3"), place("S1"), place("S2")])
    assert [reply.record for reply in replies] == [("S3", 1), ("S1", 1), ("S2", 1)]


def test_on_mesos_the_token_stays_behind(stage: Stage) -> None:
    agent = stage.server({"/hello": HELLO})
    (reply,) = asked(Target(Kind.MESOS, "http://127.0.0.1:1", token="t0k"), [at(agent)])
    assert reply.record == ("S1", 1)
    assert "authorization" not in agent.seen[0].headers


def test_through_admin_router_the_token_is_told(stage: Stage) -> None:
    front = stage.server({"/agent/S1/hello": HELLO})
    asked(Target(Kind.DCOS, front.url, token="t0k"), [place("S1")])
    assert front.seen[0].headers["authorization"] == "token=t0k"


def test_two_ids_at_one_address_are_asked_once_and_both_answered(stage: Stage) -> None:
    agent = stage.server({"/hello": HELLO})
    replies = asked(HERE, [at(agent, "old"), at(agent, "new")])
    assert [reply.record for reply in replies] == [("old", 1), ("new", 1)]
    assert agent.paths == ["/hello"]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "localhost"])
def test_an_agent_that_calls_itself_this_machine_is_asked_only_where_the_cluster_is_here(
    host: str, stage: Stage
) -> None:
    agent = stage.server({"/hello": HELLO})
    elsewhere, here = Target(Kind.MESOS, "http://192.0.2.1:5050"), Target(Kind.MESOS, "http://localhost:5050")
    ((refused,), (answered,)) = (asked(target, [place("S1", host, agent.port)]) for target in (elsewhere, here))
    assert refused.error is not None and refused.error.outcome is Outcome.UNREACHABLE
    assert "is this machine" in refused.error.detail
    assert answered.record == ("S1", 1) and agent.paths == ["/hello"]


def test_refused_hanging_and_dripping_agents_do_not_hold_the_others(stage: Stage) -> None:
    drip = fault.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
    servers = [stage.server({"/hello": script}) for script in (fault.hang, drip, HELLO, HELLO)]
    gone = place("gone", "127.0.0.1", fault.free_port())
    started = time.monotonic()
    replies = asked(HERE, [gone, *(at(server, f"S{number}") for number, server in enumerate(servers))])
    assert time.monotonic() - started < fault.HUNG_SECONDS / 2
    outcomes = [reply.error.outcome if reply.error else "answer" for reply in replies]
    assert outcomes == [Outcome.REFUSED, Outcome.TIMEOUT_HEADERS, Outcome.TIMEOUT_BODY, "answer", "answer"]


def test_an_agent_that_vanishes_between_list_and_question_is_one_bad_reply(stage: Stage) -> None:
    vanishing, staying = stage.server({"/hello": HELLO}), stage.server({"/hello": HELLO})
    places = [at(vanishing, "S1"), at(staying, "S2")]
    assert [reply.error for reply in asked(HERE, places)] == [None, None]
    vanishing.__exit__(None, None, None)
    gone, still = asked(HERE, places)
    assert gone.error is not None and gone.error.outcome is Outcome.REFUSED
    assert still.record == ("S2", 1)


def test_what_the_reader_refuses_is_that_agents_error_alone(stage: Stage) -> None:
    front = stage.server({"/agent/S1/hello": fault.document([]), "/agent/S2/hello": HELLO})
    bad, good = asked(Target(Kind.DCOS, front.url), [place("S1"), place("S2")])
    assert bad.error is not None and bad.error.outcome is Outcome.WRONG_SHAPE
    assert good.record == ("S2", 1)


def test_nobody_to_ask_is_no_reply_and_no_request() -> None:
    with Client(deadline_seconds=1) as client:
        assert ask_each(client, ROUTER, [], "/hello", TERMS, said) == []
        assert client.requests == 0


UNKNOWN = fault.answer(b"404 Not Found: agent `S1` unknown.", status="404 Not Found")


@pytest.mark.parametrize(
    ("script", "outcome", "words"),
    [
        (UNKNOWN, Outcome.NOT_FOUND, "Admin Router does not know this agent: it is new, or it has gone"),
        (fault.NOT_FOUND, Outcome.NOT_FOUND, "/agent/S1/hello does not exist there"),
        (fault.page("502 Bad Gateway", status="502 Bad Gateway"), Outcome.SERVER_ERROR, "502 Bad Gateway"),
        (fault.page("403", status="403 Forbidden"), Outcome.FORBIDDEN, "dcos:adminrouter:ops:slave"),
        (HELLO, Outcome.OK, ""),
    ],
    ids=["unknown", "404", "502", "403", "ok"],
)
def test_an_agents_fate_is_told_in_admin_routers_words(
    script: Script, outcome: Outcome, words: str, stage: Stage
) -> None:
    front = stage.server({"/agent/S1/hello": script})
    (reply,) = asked(Target(Kind.DCOS, front.url), [place("S1")])
    fate = outcome_of(reply)
    assert (fate.host, fate.port, fate.outcome, fate.direct) == ("10.0.0.7", None, outcome, False)
    assert words in fate.detail


def test_agents_on_one_host_are_told_apart_by_their_ports() -> None:
    def reply(port: int) -> Reply[object]:
        return Reply(place=place("S1", "10.0.0.7", port), direct=True, record=object())

    assert [outcome_of(reply(port)).place for port in (5051, 5052)] == ["10.0.0.7", "10.0.0.7:5052"]
    assert outcome_of(reply(5051)).direct


def test_a_harvest_fails_only_when_every_agent_did(stage: Stage) -> None:
    front = stage.server({"/agent/S1/hello": fault.NOT_FOUND, "/agent/S2/hello": HELLO})
    target = Target(Kind.DCOS, front.url)
    with target.open(deadline_seconds=5) as client:
        replies = ask_each(client, target, [place("S1", "a"), place("S2", "b")], "/hello", TERMS, said)
        harvest = harvest_of(client, replies, Counter())
        assert (harvest.outcome, harvest.requests) == (Outcome.PARTIAL, 2)
        assert [(node.host, node.outcome) for node in harvest.nodes] == [("a", "not_found"), ("b", "ok")]
        with pytest.raises(PollError) as caught:
            harvest_of(client, replies[:1], Counter())
        assert (caught.value.outcome, len(caught.value.nodes)) == (Outcome.NOT_FOUND, 1)
        assert harvest_of(client, [], Counter()).outcome is Outcome.OK
