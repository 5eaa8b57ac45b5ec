from __future__ import annotations

from typing import cast

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from dashboard.pages.sign_in import address_of
from dashboard.roles import Role, grant

PASSWORD = "correct horse battery"
pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> User:
    user = User.objects.create_user("ana", password=PASSWORD)
    grant(user, Role.VIEWER)
    return user


def sign_in(client: Client, name: str, password: str) -> HttpResponse:
    return cast(HttpResponse, client.post("/accounts/login/", {"username": name, "password": password}))


def test_the_right_password_leads_to_the_clusters(client: Client, ana: User) -> None:
    assert sign_in(client, "ana", PASSWORD)["Location"] == "/"


def test_an_unknown_user_reads_the_same_as_a_wrong_password(client: Client, ana: User) -> None:
    wrong, unknown = (sign_in(client, name, "guess") for name in ("ana", "nobody"))
    for response in (wrong, unknown):
        assert "User name and password do not match." in response.content.decode()
    assert wrong.status_code == unknown.status_code == 200


@pytest.mark.parametrize("name", ["ana", "nobody"])
def test_after_ten_bad_passwords_even_the_right_one_must_wait(client: Client, ana: User, name: str) -> None:
    for _ in range(10):
        sign_in(client, name, "guess")
    response = sign_in(client, name, PASSWORD)
    assert "Too many tries. Wait 14\u00a0min" in response.content.decode()


def test_good_passwords_are_never_throttled(client: Client, ana: User) -> None:
    for _ in range(12):
        assert sign_in(client, "ana", PASSWORD).status_code == 302
        client.post("/accounts/logout/")


def test_the_admin_site_is_no_way_around(client: Client, ana: User) -> None:
    response = client.get("/admin/login/")
    assert "pages/login.html" in [template.name for template in response.templates]


def test_signing_in_never_leads_to_another_host(client: Client, ana: User) -> None:
    data = {"username": "ana", "password": PASSWORD, "next": "https://evil.test/"}
    assert client.post("/accounts/login/", data)["Location"] == "/"


def test_signing_out_takes_a_post(client: Client, ana: User) -> None:
    client.force_login(ana)
    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/")["Location"] == "/accounts/login/"


def test_one_changes_ones_own_password(client: Client, ana: User) -> None:
    client.force_login(ana)
    new = "another long secret"
    data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post("/accounts/password/", data)["Location"] == "/"
    ana.refresh_from_db()
    assert ana.check_password(new)


def test_a_short_password_is_refused_in_place(client: Client, ana: User) -> None:
    client.force_login(ana)
    data = {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}
    assert "too short" in client.post("/accounts/password/", data).content.decode()


def test_the_address_is_the_one_our_proxy_saw(settings: Settings) -> None:
    request = RequestFactory().get("/", headers={"x-forwarded-for": "6.6.6.6, 10.0.0.7"}, REMOTE_ADDR="127.0.0.1")
    assert address_of(request) == "127.0.0.1"
    settings.BEHIND_TLS_PROXY = True
    assert address_of(request) == "10.0.0.7"
