"""One sign-in: what is sent, what comes back, and in which words it fails."""

from __future__ import annotations

import base64
import html
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.client import Client, Limits
from collectors.errors import Outcome, PollError
from collectors.login import PATH, Account, Grant, log_in
from tests.faults import server as fault
from tests.faults.server import FaultServer, Script

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DATE = "Sun, 22 Nov 2026 12:00:00 GMT"
ANA = Account("ana", "hush-7f3a")
QUICK = Limits(headers_seconds=1.5, total_seconds=3.0, retry_after_seconds=0.05)


def jwt(claims: Any) -> str:
    packed = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"eyJhbGciOiJIUzI1NiJ9.{packed}.c2lnbmF0dXJl"


def granting(token: str) -> Script:
    return fault.document({"token": token}, Date=DATE)


def asked(script: Script, account: Account = ANA) -> Grant:
    with FaultServer({PATH: script}) as server, Client(deadline_seconds=5, limits=QUICK) as client:
        return log_in(client, server.url, account)


def failure(script: Script, account: Account = ANA) -> PollError:
    with pytest.raises(PollError) as caught:
        asked(script, account)
    assert account.password not in f"{caught.value} {caught.value.detail} {caught.value.url}"
    return caught.value


def test_name_and_password_go_in_the_body_and_no_token_with_them() -> None:
    with FaultServer({PATH: granting("a.b.c")}) as server, Client(deadline_seconds=5) as client:
        assert log_in(client, server.url, ANA).token == "a.b.c"
    (seen,) = server.seen
    assert (seen.method, seen.path, json.loads(seen.body)) == ("POST", PATH, {"uid": "ana", "password": "hush-7f3a"})
    assert seen.headers["content-type"] == "application/json" and "authorization" not in seen.headers


def test_a_tokens_life_is_read_from_its_claim_by_the_clusters_clock() -> None:
    until = NOON + timedelta(days=2)
    grant = asked(granting(jwt({"uid": "ana", "exp": until.timestamp()})))
    assert (grant.until, grant.life_seconds) == (until, 2 * 86400)


@pytest.mark.parametrize(
    "token",
    ["XXX.YYY.ZZZ", "opaque", jwt({"uid": "ana"}), jwt({"exp": "soon"}), jwt({"exp": -1}), jwt([]), "..", "a..b"],
)
def test_a_token_that_does_not_say_when_it_ends_is_held_for_an_hour(token: str) -> None:
    grant = asked(granting(token))
    assert (grant.token, grant.until, grant.life_seconds) == (token, None, 3600)


@pytest.mark.parametrize(("days", "believed_seconds"), [(-3, 60), (0, 60), (4000, 30 * 86400)])
def test_an_end_that_cannot_be_is_believed_within_bounds(days: int, believed_seconds: int) -> None:
    grant = asked(granting(jwt({"exp": (NOON + timedelta(days=days)).timestamp()})))
    assert grant.life_seconds == believed_seconds


REFUSED = {"title": "401 Unauthorized", "description": "Invalid credentials.", "code": "ERR_INVALID_CREDENTIALS"}


def saying(status: str, document: Any) -> Script:
    return fault.answer(json.dumps(document).encode(), status=status)


FAILURES: dict[str, tuple[Script, Outcome, str]] = {
    "wrong password": (
        saying("401 Unauthorized", REFUSED),
        Outcome.AUTH,
        "Sign-in: the user name or password was refused (401 Unauthorized: Invalid credentials.)",
    ),
    "a page says 401": (
        fault.page("401 Unauthorized", status="401 Unauthorized"),
        Outcome.AUTH,
        "user name or password was refused (401 Unauthorized)",
    ),
    "forbidden": (
        saying("403 Forbidden", {"title": "No", "description": "Account off"}),
        Outcome.AUTH,
        "may not sign in (403 Forbidden: No: Account off)",
    ),
    "dcos-oauth": (
        fault.answer(b"JWT parsing failed\n", status="400 Bad Request"),
        Outcome.AUTH,
        "not accepted here (400 Bad Request: JWT parsing failed): Open Source DC/OS before 1.13 takes a token only",
    ),
    "no identity service": (
        fault.NOT_FOUND,
        Outcome.AUTH,
        f"{PATH} does not exist there (404 Not Found): check the URL",
    ),
    "router without it": (
        fault.page("x", status="502 Bad Gateway"),
        Outcome.SERVER_ERROR,
        "answered 502 Bad Gateway: x",
    ),
    "too often": (fault.page("x", status="429 Too Many Requests"), Outcome.RATE_LIMITED, "slow down"),
    "a page says 200": (fault.page("Sign in"), Outcome.NOT_JSON, "web page titled “Sign in”"),
    "no token": (fault.document({"tokens": []}), Outcome.WRONG_SHAPE, "`token`"),
    "a header": (fault.document({"token": "a\r\nHost: evil"}), Outcome.WRONG_SHAPE, "no token that can be sent"),
    "a long token": (fault.document({"token": "a" * 9000}), Outcome.WRONG_SHAPE, "no token that can be sent"),
    "empty": (fault.answer(), Outcome.WRONG_SHAPE, "empty"),
    "no content": (fault.answer(status="204 No Content"), Outcome.WRONG_SHAPE, "empty"),
    "too large": (fault.document({"token": "a" * 70_000}), Outcome.TOO_LARGE, "0.0625 MiB"),
    "sent on": (fault.redirect("https://other.example.com/"), Outcome.REDIRECT_REFUSED, "https://other.example.com/"),
    "silence": (fault.hang, Outcome.TIMEOUT_HEADERS, "no answer within"),
}


@pytest.mark.parametrize(("script", "outcome", "words"), FAILURES.values(), ids=FAILURES)
def test_a_failure_says_what_happened_and_what_to_do(script: Script, outcome: Outcome, words: str) -> None:
    error = failure(script)
    assert (error.outcome, error.http_status) == (outcome, None)
    assert error.detail.startswith("Sign-in: ") and words in error.detail


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "401 Unauthorized", "500 Internal Server Error"])
@pytest.mark.parametrize("password", ["hush-7f3a", 'quo"te\\7', "pässwörd", "<b>&7f3a", "b" * 150])
def test_a_server_that_repeats_the_password_gets_it_into_no_error(status: str, password: str) -> None:
    echo = json.dumps({"uid": "ana", "password": password}, ensure_ascii=False).encode()
    page = f"<title>{html.escape(password)}</title>".encode()
    for body in (b"could not use " + echo, json.dumps({"description": f"not {password}"}).encode(), page):
        error = failure(fault.answer(body, status=status), Account("ana", password))
        assert not any(part in error.detail for part in (password[:6], password[-6:], html.escape(password)))


@pytest.mark.parametrize("password", ["t", "token", '"'])
def test_a_token_that_looks_like_the_password_is_still_one(password: str) -> None:
    assert asked(granting("t.token.t"), Account("ana", password)).token == "t.token.t"


@pytest.mark.parametrize(
    ("uid", "password", "told"),
    [
        ("", "x", "user name"),
        ("a\nb", "x", "user name"),
        ("a" * 256, "x", "user name"),
        ("ana", "", "password"),
        ("ana", "a\nb", "line breaks"),
        ("ana", "\ud800", "control"),
        ("ana", "x" * 1025, "1024"),
    ],
)
def test_what_can_be_no_name_or_password_is_not_sent(uid: str, password: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as caught:
        Account(uid, password)
    assert not password or len(password) == 1 or password not in str(caught.value)


def test_neither_password_nor_token_is_shown() -> None:
    assert "hush" not in repr(ANA)
    assert "s3cret" not in repr(Grant(token="s3cret", life_seconds=1, until=None))
