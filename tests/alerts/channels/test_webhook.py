from __future__ import annotations

import hashlib
import hmac
import json
import time

import pytest

from dashboard.alerts.channels import webhook
from dashboard.alerts.channels.sending import NotTaken
from tests.alerts.channels.messages import call, message
from tests.builders import NOON
from tests.faults.server import HUNG_SECONDS, FaultServer, Script, answer, drip, endless, free_port, hang, raw, redirect

OK_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"


def not_taken(script: Script, **said: float) -> NotTaken:
    with FaultServer({"/x": script}) as server, pytest.raises(NotTaken) as caught:
        webhook.send(call(server.url + "/x", **said), message())
    return caught.value


def test_the_body_is_the_documented_one_and_the_same_at_each_try() -> None:
    with FaultServer({"/x": answer()}) as server:
        said = [webhook.send(call(server.url + "/x"), message()) for _ in range(2)]
    first, second = server.seen
    assert said[0] == "answered 200" and first.body == second.body and first.method == "POST"
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == "key-1"
    body = json.loads(first.body)
    assert body["version"] == 1 and body["created_at"] == "2026-11-22T12:00:00Z"
    assert (body["cluster"], body["rule"], body["alerts"]) == ("prod", "R20", 1)
    assert body["lines"][0]["value"] == 0.91 and body["lines"][0]["ended_at"] is None
    assert set(body) == {
        *("version", "key", "thread", "kind", "severity", "cluster", "rule", "rule_name"),
        *("subject", "text", "alerts", "lines", "created_at", "url"),
    }


def test_the_signature_is_what_a_receiver_computes_of_time_and_body() -> None:
    with FaultServer({"/x": answer()}) as server:
        webhook.send(call(server.url + "/x", secret="shared key"), message())
    [seen] = server.seen
    second, digest = (part.partition("=")[2] for part in seen.headers["x-daytwo-signature"].split(","))
    expected = hmac.new(b"shared key", second.encode() + b"." + seen.body, hashlib.sha256).hexdigest()
    assert int(second) == int(NOON.timestamp()) and hmac.compare_digest(digest, expected)


def test_without_a_key_nothing_is_signed() -> None:
    with FaultServer({"/x": answer()}) as server:
        webhook.send(call(server.url + "/x"), message())
    assert "x-daytwo-signature" not in server.seen[0].headers


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "202 Accepted", "204 No Content"])
def test_every_answer_of_success_is_taken_empty_ones_too(status: str) -> None:
    with FaultServer({"/x": answer(status=status)}) as server:
        assert webhook.send(call(server.url + "/x"), message()) == f"answered {status[:3]}"


@pytest.mark.parametrize("status", ["500 Internal Server Error", "503 Service Unavailable", "429 Too Many Requests"])
def test_a_receiver_that_is_unwell_is_told_from_one_that_does_not_want_this(status: str) -> None:
    error = not_taken(answer(b"hush", status=status))
    assert error.receiver_failed and status in error.detail and "hush" not in error.detail


def test_one_that_does_not_want_this_message_is_well() -> None:
    error = not_taken(answer(b"no", status="422 Unprocessable Entity"))
    assert (error.outcome, error.receiver_failed) == ("refused_by_receiver", False)


def test_a_redirect_is_not_followed() -> None:
    with FaultServer({"/x": redirect("/y"), "/y": answer()}) as server, pytest.raises(NotTaken) as caught:
        webhook.send(call(server.url + "/x"), message())
    assert server.paths == ["/x"] and caught.value.outcome == "redirect_refused"


@pytest.mark.parametrize("script", [hang, drip(OK_HEAD)], ids=["hangs", "drips"])
def test_the_deadline_is_over_the_whole_exchange(script: Script) -> None:
    began = time.monotonic()
    error = not_taken(script, deadline_seconds=0.5)
    assert error.outcome.startswith("timeout") and time.monotonic() - began < HUNG_SECONDS / 2


def test_an_answer_without_end_is_not_read() -> None:
    error = not_taken(endless(OK_HEAD, b"x" * 65536))
    assert error.outcome == "too_large"


def test_one_that_hangs_up_has_not_taken_it() -> None:
    assert not_taken(raw(b"")).outcome == "truncated"


def test_one_that_answers_500_and_then_200_gets_the_same_key_twice() -> None:
    answers = iter([answer(status="500 Oops"), answer()])
    with FaultServer({"/x": lambda to: next(answers)(to)}) as server:
        with pytest.raises(NotTaken):
            webhook.send(call(server.url + "/x"), message())
        webhook.send(call(server.url + "/x"), message())
    assert [seen.headers["idempotency-key"] for seen in server.seen] == ["key-1", "key-1"]


def test_nobody_listening_is_said_in_words() -> None:
    with pytest.raises(NotTaken) as caught:
        webhook.send(call(f"http://127.0.0.1:{free_port()}/x"), message())
    assert caught.value.outcome == "refused" and "nothing listens there" in caught.value.detail
