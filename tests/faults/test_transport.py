"""What can go wrong between the cluster and us, one fault each: the outcome, the words, the time and memory it may cost."""

from __future__ import annotations

import gzip
import resource
import threading
import time

import pytest

from collectors.client import MIB, Client, Limits
from collectors.errors import Outcome, PollError
from tests.faults import server as fault
from tests.faults.asking import QUICK_TO_BEGIN, QUICK_TO_END, failure, failure_of
from tests.faults.server import FaultServer, Script

OK_HEAD = b"HTTP/1.1 200 OK\r\n"


def test_a_port_that_opens_in_between_answers_the_second_try() -> None:
    port, answered = fault.free_port(), threading.Event()

    def open_late() -> None:
        with FaultServer({"/": fault.document({})}, port=port):
            answered.wait()

    with Client(deadline_seconds=60, limits=Limits(retry_after_seconds=2.0)) as client:
        threading.Timer(0.2, open_late).start()
        assert client.get(f"http://127.0.0.1:{port}/").status == 200
    answered.set()


def test_a_proxy_named_in_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer({"/x": fault.document({})}) as proxy, FaultServer({"/x": fault.document({})}) as server:
        for variable in ("http_proxy", "all_proxy"):
            monkeypatch.setenv(variable, proxy.url)
        with Client(deadline_seconds=5) as client:
            client.get(f"{server.url}/x")
    assert (proxy.accepted, server.accepted) == (0, 1)


def test_a_name_that_does_not_resolve_is_a_name_problem() -> None:
    error = failure("http://no-such-host.invalid/")
    assert error.outcome is Outcome.DNS
    assert "no-such-host.invalid" in error.detail


def test_a_hang_before_the_headers_is_told_apart() -> None:
    error = failure_of(fault.hang, limits=QUICK_TO_BEGIN)
    assert error.outcome is Outcome.TIMEOUT_HEADERS
    assert "within 0.3 s" in error.detail


def test_a_drip_of_headers_ends_at_the_header_deadline() -> None:
    assert failure_of(fault.drip(OK_HEAD + b"X-Slow: "), limits=QUICK_TO_BEGIN).outcome is Outcome.TIMEOUT_HEADERS


def test_a_drip_of_body_ends_at_the_total_deadline() -> None:
    error = failure_of(fault.drip(OK_HEAD + b"Content-Length: 100000\r\n\r\n"), limits=QUICK_TO_END)
    assert error.outcome is Outcome.TIMEOUT_BODY


def test_the_polls_deadline_cuts_every_request_short() -> None:
    with FaultServer({"/x": fault.hang}) as server, Client(deadline_seconds=1.0) as client:
        for _ in range(2):
            with pytest.raises(PollError) as caught:
                client.get(f"{server.url}/x")
            assert caught.value.outcome is Outcome.TIMEOUT_HEADERS
        assert len(server.seen) == 1


@pytest.mark.parametrize(
    "script",
    [
        fault.reset_after(OK_HEAD + b'Content-Length: 900\r\n\r\n{"a":'),
        fault.raw(OK_HEAD + b'Content-Length: 900\r\n\r\n{"a":'),
        fault.raw(OK_HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n'),
        fault.raw(OK_HEAD + b'Connection: close\r\n\r\n{"a":'),
        fault.raw(b""),
    ],
    ids=["reset", "length", "chunk", "close", "nothing"],
)
def test_a_cut_answer_is_never_taken_for_a_whole_one(script: Script) -> None:
    assert failure_of(script).outcome is Outcome.TRUNCATED


def test_a_login_page_with_200_is_named_by_its_title() -> None:
    error = failure_of(fault.page("DC/OS <b>Login"))
    assert error.outcome is Outcome.NOT_JSON
    assert "DC/OS <b>Login" in error.detail


@pytest.mark.parametrize(
    ("status", "body", "outcome", "word"),
    [
        ("401 Unauthorized", "", Outcome.AUTH, "token"),
        ("403 Forbidden", "", Outcome.FORBIDDEN, "403"),
        ("404 Not Found", "", Outcome.NOT_FOUND, "404"),
        ("429 Too Many Requests", "", Outcome.RATE_LIMITED, "slow down"),
        ("503 Service Unavailable", "No leader elected", Outcome.NOT_LEADER, "leader"),
        ("503 Service Unavailable", "Master has not finished recovery", Outcome.NOT_LEADER, "leader"),
        ("503 Service Unavailable", "busy", Outcome.SERVER_ERROR, "busy"),
        ("504 Gateway Time-out", "<title>nginx is sad</title>", Outcome.SERVER_ERROR, "nginx is sad"),
        ("418 teapot", "short\x1b[31m and stout", Outcome.SERVER_ERROR, "stout"),
        ("204 No Content", "", Outcome.EMPTY, "204"),
        ("200 OK", "", Outcome.EMPTY, "empty"),
    ],
)
def test_each_status_has_its_outcome_and_its_words(status: str, body: str, outcome: Outcome, word: str) -> None:
    error = failure_of(fault.answer(body.encode(), status=status))
    assert error.outcome is outcome
    assert word in error.detail
    assert error.detail.isprintable()
    assert error.http_status == int(status[:3]) or outcome is Outcome.NOT_JSON


def test_a_forbidden_path_names_the_permission_it_needs() -> None:
    path = "/system/health/v1/report"
    with FaultServer({path: fault.page("403", status="403 Forbidden")}) as server:
        assert "dcos:adminrouter:ops:system-health" in failure(server.url + path).detail


@pytest.mark.parametrize(("said", "shown"), [("7", "for 7 s"), ("1000000000", "for 300 s"), ("-3", "down (")])
def test_a_wish_for_a_pause_is_kept_within_reason(said: str, shown: str) -> None:
    script = fault.answer(status="429 Too Many Requests", headers={"Retry-After": said})
    assert shown in failure_of(script).detail


@pytest.mark.parametrize(
    "script",
    [
        fault.answer(b"[" + b" " * MIB + b"]"),
        fault.endless(OK_HEAD + b"Connection: close\r\n\r\n", b" " * 65536),
        fault.endless(OK_HEAD, b"X-More: yes\r\n" * 100),
        fault.endless(OK_HEAD + b"X-Long: ", b"x" * 65536),
        fault.endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    ],
    ids=["large", "endless body", "endless headers", "endless header line", "endless interim answers"],
)
def test_more_than_allowed_is_cut_off(script: Script) -> None:
    assert failure_of(script).outcome is Outcome.TOO_LARGE


def test_a_gzip_bomb_costs_no_memory() -> None:
    bomb = fault.gzip_bomb(200 * MIB)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    error = failure_of(fault.answer(bomb, headers={"Content-Encoding": "gzip"}))
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert error.outcome is Outcome.TOO_LARGE
    assert grown_kib < 32 * 1024


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "gzip"])
def test_a_wrong_packing_is_a_wrong_shape(encoding: str) -> None:
    script = fault.answer(b'{"a": 1}', headers={"Content-Encoding": encoding})
    assert failure_of(script).outcome is Outcome.WRONG_SHAPE


def test_an_honestly_packed_answer_is_read() -> None:
    packed = gzip.compress(b'{"a": 1}')
    script = fault.answer(packed, headers={"Content-Encoding": "gzip"})
    with FaultServer({"/x": script}) as server, Client(deadline_seconds=5) as client:
        assert client.get_json(f"{server.url}/x", dict) == {"a": 1}


def test_a_kept_connection_that_was_closed_is_opened_again() -> None:
    with FaultServer({"/x": fault.document({})}) as server, Client(deadline_seconds=5) as client:
        for _ in range(3):
            client.get(f"{server.url}/x")
            time.sleep(0.05)
    assert client.requests == len(server.seen) == 3


@pytest.mark.parametrize("data", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x00\x01\x02\x03\r\n\r\n", b'{"http": 0.9}'])
def test_what_speaks_no_http_is_said_to_speak_none(data: bytes) -> None:
    error = failure_of(fault.raw(data))
    assert error.outcome is Outcome.NOT_JSON
    assert "not an HTTP server" in error.detail
