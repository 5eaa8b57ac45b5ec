"""Who is asked for a stream, who is told the token, and what is said where there is none."""

from __future__ import annotations

import threading
import time

import pytest

from collectors.client import Limits
from collectors.errors import Outcome, PollError
from collectors.records import StreamOpened, TaskChange
from collectors.streams import Listening, StreamKind, open_stream
from collectors.streams.marathon import PATH
from collectors.streams.transfer import Transfer
from collectors.target import Kind, Target
from tests.collectors.conftest import Stage
from tests.collectors.signing_in import Scene
from tests.collectors.streams.scene import (
    BEGIN,
    EVENTS_HEAD,
    TOKEN,
    TOLD,
    all_of,
    hearing,
    reading,
    streams,
)
from tests.faults import server as fault
from tests.faults.server import HUNG_SECONDS, Connection, FaultServer, Script


def test_a_master_that_does_not_lead_sends_on_to_a_registered_one(stage: Stage) -> None:
    leader = stage.server({"/api/v1": streams(BEGIN)})
    follower = stage.server({"/api/v1": fault.redirect(f"//127.0.0.1:{leader.port}/api/v1")})
    with reading(follower, leader.url) as listening:
        assert [type(one) for one in listening.read(5)] == [StreamOpened]


def test_through_admin_router_the_leader_is_asked_with_the_token(stage: Stage) -> None:
    router = stage.server({"/mesos/api/v1": streams(BEGIN)})
    target = Target(Kind.DCOS, router.url, token=TOKEN)
    with open_stream(target, StreamKind.MESOS) as listening:
        assert [type(one) for one in listening.read(5)] == [StreamOpened]
    assert router.seen[0].headers["authorization"] == f"token={TOKEN}"


def test_a_token_that_is_refused_is_renewed_once_and_the_stream_asked_for_again() -> None:
    scene = Scene()
    with scene.simulator.running():
        scene.poll()
        scene.logins.revoke()
        with open_stream(scene.target(), StreamKind.MESOS) as listening:
            assert isinstance(listening.read(5)[0], StreamOpened)
            assert listening.requests == 3, "refused, signed in, asked again"
        assert scene.logins.granted == 2


@pytest.mark.parametrize("location", ["//169.254.169.254:5050", "//[fe80::1]:5050/master/api/v1", "//0.0.0.0:5050"])
def test_a_leader_where_no_cluster_lives_is_not_asked(stage: Stage, location: str) -> None:
    with reading(stage.server({"/api/v1": fault.redirect(location)})) as listening:
        with pytest.raises(PollError) as raised:
            listening.read(5)
        assert listening.requests == 1
    assert raised.value.outcome is Outcome.REDIRECT_REFUSED


def test_a_stranger_named_as_leader_is_not_asked(stage: Stage) -> None:
    stranger = stage.server({"/api/v1": streams(BEGIN)})
    follower = stage.server({"/api/v1": fault.redirect(f"//127.0.0.1:{stranger.port}/api/v1")})
    with reading(follower) as listening, pytest.raises(PollError) as raised:
        listening.read(5)
    assert raised.value.outcome is Outcome.REDIRECT_REFUSED
    assert stranger.accepted == 0


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        (fault.answer(b"no", status="401 Unauthorized"), Outcome.AUTH),
        (fault.answer(b"no", status="403 Forbidden"), Outcome.FORBIDDEN),
        (fault.answer(b"No leader elected", status="503 Service Unavailable"), Outcome.NOT_LEADER),
        (fault.page("404 Not Found", status="404 Not Found"), Outcome.NOT_FOUND),
        (fault.answer(), Outcome.TRUNCATED),
        (fault.page("Sign in"), Outcome.WRONG_SHAPE),
        (fault.endless(b"HTTP/1.1 200 OK\r\n", b"X: yyyyyyyy\r\n" * 100), Outcome.TOO_LARGE),
        pytest.param(fault.endless(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 1000), Outcome.TOO_LARGE, id="one endless header"),
        pytest.param(streams(b"99999999999999999999\n"), Outcome.WRONG_SHAPE, id="no length"),
    ],
)
def test_an_answer_that_is_no_stream_is_told_as_polls_tell_it(stage: Stage, script: Script, outcome: Outcome) -> None:
    with reading(stage.server({"/api/v1": script})) as listening:
        records, error = all_of(listening)
        with pytest.raises(PollError):
            listening.read(0.1)
    assert (records, error.outcome) == ([], outcome)


def test_an_answer_that_does_not_begin_is_waited_for_no_longer_than_a_poll_would(stage: Stage) -> None:
    server, transfer = stage.server({"/api/v1": fault.hang}), Transfer()
    target = Target(Kind.MESOS, server.url)
    with (
        target.open(deadline_seconds=5, limits=Limits(headers_seconds=0.3)) as client,
        pytest.raises(PollError) as raised,
    ):
        transfer.begin(client, f"{server.url}/api/v1", accept="application/json", body=b"{}", sent_on=frozenset())
    transfer.close()
    assert raised.value.outcome is Outcome.TIMEOUT_HEADERS
    assert f"127.0.0.1:{server.port} gave no stream and no other answer within 0." in raised.value.detail


def test_a_reader_that_is_stopped_while_the_stream_opens_ends_soon(stage: Stage) -> None:
    with reading(stage.server({"/api/v1": fault.hang})) as listening:
        threading.Timer(0.2, listening.stop).start()
        began = time.monotonic()
        with pytest.raises(PollError):
            listening.read(HUNG_SECONDS)
        assert time.monotonic() - began < HUNG_SECONDS / 2


def test_nobody_listens_where_nothing_is_open() -> None:
    target = Target(Kind.MESOS, f"http://127.0.0.1:{fault.free_port()}")
    with open_stream(target, StreamKind.MESOS) as listening, pytest.raises(PollError) as raised:
        listening.read(1)
    assert raised.value.outcome is Outcome.REFUSED


def test_marathon_is_asked_for_an_event_stream(stage: Stage) -> None:
    def script(to: Connection) -> None:
        to.send(EVENTS_HEAD + TOLD)
        to.wait(30)

    server = stage.server({PATH: script})
    with hearing(server) as listening:
        records = listening.read(5)
        while len(records) < 2:
            records += listening.read(5)
    assert [type(one) for one in records] == [StreamOpened, TaskChange]
    assert server.seen[0].headers["accept"] == "text/event-stream"
    assert "authorization" not in server.seen[0].headers, "it is no master's origin"


def moved(to: FaultServer) -> Script:
    return fault.answer(status="302 Found", headers={"Location": f"{to.url}/v2/events"})


def test_a_marathon_that_does_not_lead_sends_on_to_a_registered_one(stage: Stage) -> None:
    leader = stage.server({PATH: fault.raw(EVENTS_HEAD + TOLD)})
    with hearing(stage.server({PATH: moved(leader)}), leader.url) as listening:
        assert len(all_of(listening)[0]) == 2
        assert listening.requests == 2


@pytest.mark.parametrize("port", [8080, 8443])
def test_the_marathon_that_leads_on_a_known_master_is_asked_and_told_no_token(stage: Stage, port: int) -> None:
    leader = stage.server({PATH: fault.raw(EVENTS_HEAD + TOLD)}, "127.0.0.44", port=port)
    router = stage.server()
    router.scripts["/service/marathon" + PATH] = moved(leader)
    target = Target(Kind.DCOS, router.url, token=TOKEN)
    with Listening(target, StreamKind.MARATHON, key="marathon", known_masters=("127.0.0.44",)) as listening:
        assert len(all_of(listening)[0]) == 2
    assert router.seen[0].headers["authorization"] == f"token={TOKEN}"
    assert "authorization" not in leader.seen[0].headers


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254:8080/v2/events",
        "http://[::ffff:169.254.169.254]:8080/v2/events",
        "http://127.0.0.44:9090/v2/events",
        "http://127.0.0.45:8080/v2/events",
        "//127.0.0.44:8080/v2/events",
        "/v2/events",
        "file:///etc/passwd",
        "http://ana:secret@127.0.0.44:8080/v2/events",
        "",
    ],
)
def test_what_is_no_marathon_of_a_known_master_is_not_asked(stage: Stage, location: str) -> None:
    server = stage.server({PATH: fault.redirect(location)})
    with hearing(server, known_masters=("127.0.0.44", "169.254.169.254")) as listening:
        with pytest.raises(PollError) as raised:
            listening.read(5)
        assert listening.requests == 1
    assert raised.value.outcome is Outcome.REDIRECT_REFUSED
    assert "secret" not in raised.value.detail


@pytest.mark.parametrize(
    ("script", "outcome", "words"),
    [
        (fault.page("405", status="405 Method Not Allowed"), Outcome.NOT_FOUND, "is polled only"),
        (fault.page("406", status="406 Not Acceptable"), Outcome.NOT_FOUND, "406 Not Acceptable"),
        (fault.page("404", status="404 Not Found"), Outcome.NOT_FOUND, "no Marathon at this address"),
        (fault.page("502", status="502 Bad Gateway"), Outcome.SERVER_ERROR, "Nothing answers"),
        (fault.page("Sign in"), Outcome.NOT_JSON, "'text/html' instead of events"),
        (fault.answer(b"data: {}\n\n"), Outcome.NOT_JSON, "'application/json' instead of events"),
    ],
)
def test_a_marathon_that_has_no_stream_says_so_in_its_own_words(
    stage: Stage, script: Script, outcome: Outcome, words: str
) -> None:
    with hearing(stage.server({PATH: script})) as listening:
        records, error = all_of(listening)
    assert (records, error.outcome) == ([], outcome)
    assert words in error.detail


def test_a_stranger_named_as_leading_marathon_is_not_asked_and_the_words_say_what_to_do(stage: Stage) -> None:
    stranger = stage.server({PATH: fault.raw(EVENTS_HEAD)})
    with hearing(stage.server({PATH: moved(stranger)})) as listening, pytest.raises(PollError) as raised:
        listening.read(5)
    assert raised.value.outcome is Outcome.REDIRECT_REFUSED
    assert "Register that address" in raised.value.detail
    assert stranger.accepted == 0


def test_marathons_that_send_round_in_circles_are_left(stage: Stage) -> None:
    server = stage.server()
    server.scripts[PATH] = moved(server)
    with hearing(server) as listening, pytest.raises(PollError) as raised:
        listening.read(5)
    assert raised.value.outcome is Outcome.NOT_LEADER


def test_a_marathon_that_is_not_registered_any_more_is_said_so(stage: Stage) -> None:
    target = Target(Kind.MESOS, "http://127.0.0.1:5050", marathon_urls=(stage.server().url,))
    with Listening(target, StreamKind.MARATHON, key="team/other") as listening, pytest.raises(PollError) as raised:
        listening.read(1)
    assert raised.value.outcome is Outcome.NOT_FOUND and "team/other" in raised.value.detail
