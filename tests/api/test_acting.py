"""Who may act through the API, by token and by session, and what is refused of what they send before anything is done."""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client

from dashboard.api.acting import MOST_BYTES
from dashboard.models import Alert, Cluster, Event, Incident, IncidentNote, Notice, Rule, Silence
from dashboard.roles import Role
from dashboard.store import tokens
from tests.api.conftest import PROD, Do, user
from tests.pages.alerting import alert, channel, notice, silence, watched
from tests.pages.failing import Kind, failed

JSON = "application/json"
WRITTEN: tuple[type[Model], ...] = (Alert, Event, Incident, IncidentNote, Notice, Rule, Silence)
ENDS_AT = "2190-01-01T00:00:00Z"
DEEDS: list[tuple[str, str, dict[str, Any]]] = [
    ("post", "incidents/{incident}/take/", {}),
    ("post", "incidents/{incident}/give-back/", {}),
    ("post", "incidents/{incident}/close/", {}),
    ("post", "incidents/{incident}/notes/", {"text": "seen"}),
    ("post", "alerts/acknowledge/", {"ids": [1]}),
    ("post", "alerts/give-back/", {"ids": [1]}),
    ("post", "rules/", {"name": "x", "subject_kind": "host", "metric": "cpus_used", "warning": 1}),
    ("patch", "rules/R38/", {"for_seconds": 60}),
    ("delete", "rules/R38/", {}),
    ("post", "silences/", {"matcher": "rule:R38", "why": "x", "ends_at": ENDS_AT}),
    ("post", "silences/{silence}/end/", {}),
    ("post", "notices/{notice}/retry/", {}),
]
NAMES = [f"{method} {path}" for method, path, _ in DEEDS]


@pytest.fixture
def places(db: None) -> dict[str, int]:
    cluster = watched()
    incident = failed(cluster, Kind.HOST, "10.0.0.9", 60)
    told = notice(alert(cluster), channel())
    return {"incident": incident.pk, "notice": told.pk, "silence": silence(cluster, "node:10.0.0.1").pk}


def everything() -> list[list[dict[str, Any]]]:
    return [list(model._default_manager.order_by("pk").values()) for model in WRITTEN]


@pytest.mark.parametrize(("method", "path", "sent"), DEEDS, ids=NAMES)
@pytest.mark.parametrize("role", [Role.NOBODY, Role.VIEWER])
def test_below_operator_nothing_is_done(
    places: dict[str, int], now: datetime, role: Role, method: str, path: str, sent: dict[str, Any]
) -> None:
    someone, browser, before = user(role), Client(), everything()
    browser.force_login(someone)
    signed = {"Authorization": f"Token {tokens.make(someone, 't', now=now)}"}
    address = PROD + path.format(**places)
    for client, headers in ((Client(), signed), (browser, {}), (Client(), {})):
        answer = getattr(client, method)(address, sent, content_type=JSON, headers=headers)
        assert answer.status_code == (401 if (client, headers) != (browser, {}) and not headers else 403)
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert everything() == before


@pytest.mark.parametrize(("method", "path", "sent"), DEEDS, ids=NAMES)
def test_a_session_does_nothing_without_its_csrf_token(
    places: dict[str, int], method: str, path: str, sent: dict[str, Any]
) -> None:
    browser, before, address = Client(enforce_csrf_checks=True), everything(), PROD + path.format(**places)
    browser.force_login(user(Role.ADMIN))
    answer = getattr(browser, method)(address, sent, content_type=JSON)
    assert (answer.status_code, answer.json()["title"]) == (403, "Forbidden")
    assert "CSRF" in answer.json()["detail"]
    assert everything() == before


def test_a_session_with_its_csrf_token_does(places: dict[str, int]) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.get("/accounts/login/")
    browser.force_login(user(Role.OPERATOR, "olga"))
    token = browser.cookies["csrftoken"].value
    address = f"{PROD}incidents/{places['incident']}/take/"
    answer = browser.post(address, content_type=JSON, headers={"X-CSRFToken": token})
    assert (answer.status_code, answer.json()["taken_by"]) == (200, "olga")


@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded"])
def test_a_form_of_another_site_is_nothing(places: dict[str, int], content_type: str) -> None:
    browser, before = Client(enforce_csrf_checks=True), everything()
    browser.force_login(user(Role.ADMIN))
    answer = browser.post(f"{PROD}alerts/acknowledge/", b'{"ids": [1]}', content_type=content_type)
    assert answer.status_code in (400, 403)
    assert everything() == before


def test_an_admin_may_all_that_an_operator_may(places: dict[str, int], now: datetime) -> None:
    signed = {"Authorization": f"Token {tokens.make(user(Role.ADMIN, 'root'), 't', now=now)}"}
    answer = Client().post(f"{PROD}incidents/{places['incident']}/take/", content_type=JSON, headers=signed)
    assert answer.json()["taken_by"] == "root"


@pytest.fixture
def post(places: dict[str, int], olga: User, now: datetime) -> Any:
    signed = {"Authorization": f"Token {tokens.make(olga, 't', now=now)}"}

    def send(body: bytes, content_type: str = JSON) -> Any:
        return Client().generic("POST", f"{PROD}alerts/acknowledge/", body, content_type, headers=signed)

    return send


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "ids"),
        (b"[]", "Send a JSON object."),
        (b"null", "Send a JSON object."),
        (b'"x"', "Send a JSON object."),
        (b"{", "This is no JSON."),
        (b'{"ids": [NaN]}', "This is no JSON."),
        (b'{"ids": [1e999]}', "ids"),
        (b'{"ids": [' + 5000 * b"9" + b"]}", "This is no JSON."),
        (30_000 * b"[" + 30_000 * b"]", "This is no JSON."),
        (b'{"ids": [1], "note": "\xff"}', "This is no JSON."),
        (b'{"ids": [1], "note": "\\ud800"}', "note"),
        (b'{"ids": [1], "' + 5000 * b"x" + b'": 1}', "There is no field " + 100 * "x" + "."),
    ],
)
def test_what_is_no_body_of_ours_is_refused_in_words(post: Any, body: bytes, words: str) -> None:
    answer = post(body)
    assert answer.status_code == 400, answer.content
    assert words in answer.json()["detail"]


def test_a_body_is_short(post: Any) -> None:
    answer = post(b'{"ids": [1], "note": "' + MOST_BYTES * b"x" + b'"}')
    assert (answer.status_code, answer.json()["detail"]) == (413, "At most 64 KiB can be sent at a time.")


def test_json_is_read_whatever_type_curl_gives_it(post: Any) -> None:
    assert post(b'{"ids": [1]}', "application/x-www-form-urlencoded").status_code == 200
    assert post(b'{"ids": [1]}', "multipart/form-data; boundary=x").status_code == 200


@pytest.mark.parametrize("charset", ["zlib", "utf-16", "rot13", "nothing"])
def test_no_charset_unpacks_what_was_sent(post: Any, charset: str) -> None:
    packed = zlib.compress(b'{"ids": [1], "note": "' + 10 * MOST_BYTES * b"x" + b'"}')
    assert post(packed, f"application/json; charset={charset}").status_code == 400
    assert post(b'{"ids": [1]}', f"application/json; charset={charset}").status_code == 200


def test_a_query_parameter_of_a_deed_is_refused_like_any_other(places: dict[str, int], done: Do) -> None:
    assert done(f"{PROD}incidents/{places['incident']}/take/?force=1", status=400)["parameter"] == "force"


def test_a_deed_without_a_body_takes_none(places: dict[str, int], done: Do) -> None:
    problem = done(f"{PROD}incidents/{places['incident']}/take/", status=400, user="vera")
    assert problem["detail"] == "There is no field user."
    assert Incident.objects.get().taken_by is None


def test_a_cluster_nobody_knows_is_a_problem(places: dict[str, int], done: Do) -> None:
    for method, path, sent in DEEDS:
        address = f"/api/v1/clusters/staging/{path.format(**places)}"
        assert done(address, method=method, status=404, **sent)["detail"] == "There is no cluster named staging."
    assert Cluster.objects.count() == 1
