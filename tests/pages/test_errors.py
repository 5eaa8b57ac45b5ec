from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.urls import include, path
from pytest_django import Settings

pytestmark = pytest.mark.django_db


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret detail")


urlpatterns = [path("broken/", broken), path("", include("dashboard.urls"))]


def test_an_unknown_address_is_told_in_plain_words(client: Client) -> None:
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert "There is nothing at this address" in response.content.decode()


def test_a_failed_page_tells_no_detail(client: Client, settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    client.raise_request_exception = False
    client.force_login(User.objects.create_user("ana"))
    response = client.get("/broken/")
    assert response.status_code == 500
    assert "could not make this page" in response.content.decode()
    assert "secret detail" not in response.content.decode()


@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_pages_for_the_worst_need_no_context(name: str) -> None:
    assert "Back to the clusters" in render_to_string(name)


def test_a_form_without_its_token_is_refused_with_a_way_out() -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/accounts/login/", {"username": "a", "password": "b"})
    assert response.status_code == 403
    assert "reload the page" in response.content.decode()


def test_an_unknown_host_is_refused(client: Client) -> None:
    response = client.get("/accounts/login/", headers={"host": "evil.test"})
    assert response.status_code == 400
