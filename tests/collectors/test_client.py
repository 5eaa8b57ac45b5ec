from __future__ import annotations

import socket

import pytest

from collectors.addresses import origin_of
from collectors.client import Client
from collectors.errors import Outcome, PollError
from collectors.exchange import Exchange, open_socket
from collectors.tokens import FixedToken
from tests.faults import server as fault
from tests.faults.server import FaultServer


def test_the_token_goes_to_its_origin_and_to_no_other_port() -> None:
    with (
        FaultServer({"/x": fault.document({})}) as ours,
        FaultServer({"/x": fault.document({})}) as theirs,
        Client(deadline_seconds=5, token=FixedToken("t0k"), token_origins=[origin_of(ours.url)]) as client,
    ):
        for server in (ours, theirs, ours):
            client.get(f"{server.url}/x")
    assert [request.headers.get("authorization") for request in ours.seen] == ["token=t0k", "token=t0k"]
    assert "authorization" not in theirs.seen[0].headers


def test_a_request_says_what_it_takes_and_nothing_about_us() -> None:
    with FaultServer({"/x": fault.document({}, Set_Cookie="a=b")}) as server, Client(deadline_seconds=5) as client:
        client.get(f"{server.url}/x")
        client.get(f"{server.url}/x")
    assert set(server.seen[1].headers) == {"host", "user-agent", "accept", "accept-encoding"}
    assert server.seen[1].headers["accept-encoding"] == "gzip, deflate"


def test_a_path_is_sent_as_it_is() -> None:
    with FaultServer({"/a/../slave(1)/x": fault.document({})}) as server, Client(deadline_seconds=5) as client:
        client.get(f"{server.url}/a/../slave(1)/x")
    assert server.paths == ["/a/../slave(1)/x"]


def test_requests_and_bytes_are_counted_failures_included() -> None:
    with FaultServer({"/x": fault.answer(b"[1, 2]")}) as server, Client(deadline_seconds=5) as client:
        client.get(f"{server.url}/x")
        after_one = client.bytes_read
        with pytest.raises(PollError):
            client.get(f"{server.url}/missing")
    assert client.requests == 2
    assert client.bytes_read > after_one > len(b"[1, 2]")


def test_an_answer_knows_its_headers_status_and_moment() -> None:
    with FaultServer({"/x": fault.document({}, X_Said="hello")}) as server, Client(deadline_seconds=5) as client:
        answer = client.get(f"{server.url}/x")
    assert (answer.status, answer.headers["x-said"], answer.body) == (200, "hello", b"{}")
    assert answer.taken_at.tzinfo is not None
    assert 0 < answer.seconds < 5


def test_a_redirect_is_an_answer_where_it_is_asked_for() -> None:
    with FaultServer({"/redirect": fault.redirect("//10.0.0.1:5050")}) as server, Client(deadline_seconds=5) as client:
        answer = client.get(f"{server.url}/redirect", accept=frozenset({307}))
    assert answer.headers["location"] == "//10.0.0.1:5050"


def test_a_limit_given_for_one_answer_holds_for_that_one() -> None:
    with FaultServer({"/x": fault.answer(b" " * 100)}) as server, Client(deadline_seconds=5) as client:
        with pytest.raises(PollError) as caught:
            client.get(f"{server.url}/x", limit_bytes=99)
        assert client.get(f"{server.url}/x", limit_bytes=100).status == 200
    assert caught.value.outcome is Outcome.TOO_LARGE


def test_a_ca_file_that_is_none_trusts_nobody() -> None:
    broken = "-----BEGIN CERTIFICATE-----\nno\n"
    with (
        FaultServer({}) as server,
        Client(deadline_seconds=5, ca_pem=broken) as client,
        pytest.raises(PollError) as caught,
    ):
        client.get(server.url.replace("http:", "https:"))
    assert caught.value.outcome in (Outcome.TLS_UNTRUSTED, Outcome.TLS_PROTOCOL)


def test_a_name_that_resolves_to_a_forbidden_address_gets_no_socket() -> None:
    exchange = Exchange(url="http://innocent.example.com", body_cap_bytes=1, header_cap_bytes=1)
    where = (socket.AF_INET, socket.SOCK_STREAM, 6, ("169.254.169.254", 80))
    assert not isinstance(open_socket(exchange, where, lambda: True), socket.socket)
    assert "169.254.169.254" in exchange.blocked


def test_the_token_is_in_no_error() -> None:
    with (
        FaultServer({"/x": fault.page("no", status="401 Unauthorized")}) as server,
        Client(deadline_seconds=5, token=FixedToken("hush"), token_origins=[origin_of(server.url)]) as client,
        pytest.raises(PollError) as caught,
    ):
        client.get(f"{server.url}/x")
    assert "hush" not in f"{caught.value} {caught.value.detail} {caught.value.url}"
