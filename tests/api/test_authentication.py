"""Who gets an answer: every address of the API for every role, by token and by session."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from dashboard.models import ApiToken, Cluster
from dashboard.roles import Role
from dashboard.store import tokens
from tests.api.conftest import PROD, user

RESOURCES = [
    "/api/v1/clusters/",
    PROD,
    f"{PROD}masters/",
    f"{PROD}agents/",
    f"{PROD}components/",
    f"{PROD}components/dcos-net.service/nodes/",
    f"{PROD}polls/",
    f"{PROD}snapshot/",
    "/api/schema/",
]
ANSWERS = {Role.NOBODY: 403, Role.VIEWER: 200, Role.OPERATOR: 200, Role.ADMIN: 200}


def with_token(path: str, key: str) -> Any:
    return Client().get(path, headers={"Authorization": f"Token {key}"})


@pytest.mark.parametrize("path", RESOURCES)
@pytest.mark.parametrize("role", ANSWERS)
def test_each_role_gets_its_answer_with_a_token_and_with_a_session(
    prod: Cluster, now: datetime, path: str, role: Role
) -> None:
    someone, browser = user(role), Client()
    browser.force_login(someone)
    assert with_token(path, tokens.make(someone, "t", now=now)).status_code == ANSWERS[role]
    assert browser.get(path).status_code == ANSWERS[role]


@pytest.mark.parametrize("role", ANSWERS)
def test_the_reader_of_the_document_is_for_viewers(db: None, role: Role) -> None:
    browser = Client()
    browser.force_login(user(role))
    assert browser.get("/api/docs/").status_code == ANSWERS[role]


def test_the_reader_of_the_document_is_a_page_so_one_is_sent_to_sign_in(db: None) -> None:
    response = Client().get("/api/docs/")
    assert (response.status_code, response.headers["Location"]) == (302, "/accounts/login/?next=/api/docs/")


@pytest.mark.parametrize("path", [*RESOURCES, "/api/v1/nothing/", "/api/"])
@pytest.mark.parametrize("header", [{}, {"Authorization": "Token wrong"}, {"Authorization": "Basic YTpi"}])
def test_without_a_good_token_or_session_there_is_only_the_way_in(
    prod: Cluster, path: str, header: dict[str, str]
) -> None:
    response = Client().get(path, headers=header)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Token realm="Day Two"'
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json()["status"] == 401


def test_a_wrong_token_is_refused_although_a_session_would_do(db: None) -> None:
    browser = Client(headers={"Authorization": "Token wrong"})
    browser.force_login(user(Role.ADMIN))
    assert browser.get("/api/v1/clusters/").status_code == 401


def test_a_user_who_may_not_sign_in_has_no_working_token(key: str) -> None:
    assert with_token("/api/v1/clusters/", key).status_code == 200
    User.objects.update(is_active=False)
    assert with_token("/api/v1/clusters/", key).status_code == 401


def test_a_revoked_token_is_worthless_at_once(key: str) -> None:
    assert tokens.revoke(User.objects.get(username="robot"), "tests")
    assert with_token("/api/v1/clusters/", key).status_code == 401


def test_a_token_is_noted_as_used_once_a_minute(key: str) -> None:
    with_token("/api/v1/clusters/", key)
    first = ApiToken.objects.get().last_used_at
    with_token("/api/v1/clusters/", key)
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    with_token("/api/v1/clusters/", key)
    second = ApiToken.objects.get().last_used_at
    assert first is not None
    assert second is not None
    assert second > first


def test_a_session_changes_nothing_without_its_csrf_token(db: None) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user(Role.ADMIN))
    assert browser.post("/api/v1/clusters/").status_code == 403


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_there_is_nothing_but_reading(prod: Cluster, key: str, method: str) -> None:
    response = getattr(Client(), method)(PROD, headers={"Authorization": f"Token {key}"})
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD"
    assert response.json()["title"] == "Method Not Allowed"
