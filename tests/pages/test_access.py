from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries

from dashboard.pages.access import RoleNeeded, needs, role
from dashboard.roles import Role, grant

pytestmark = pytest.mark.django_db
RISING = [Role.NOBODY, Role.VIEWER, Role.OPERATOR, Role.ADMIN]


def request_of(granted: Role) -> HttpRequest:
    user = User.objects.create_user(granted.name)
    if granted:
        grant(user, granted)
    request = RequestFactory().get("/")
    request.user = user
    return request


def answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse("seen")


@pytest.mark.parametrize("needed", RISING[1:])
@pytest.mark.parametrize("granted", RISING)
def test_a_view_is_for_its_role_and_those_above(granted: Role, needed: Role) -> None:
    request, view = request_of(granted), needs(needed)(answer)
    if granted >= needed:
        assert view(request).status_code == 200
    else:
        with pytest.raises(RoleNeeded, match=needed.name.lower()):
            view(request)


def test_who_is_not_signed_in_has_no_role() -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    assert role(request) is Role.NOBODY


def test_the_role_is_asked_for_once_per_request(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    request = request_of(Role.VIEWER)
    with django_assert_num_queries(1):
        assert role(request) is role(request) is Role.VIEWER


def test_a_refusal_names_the_role_that_is_missing(client: Client) -> None:
    client.force_login(User.objects.create_user("nobody"))
    response = client.get("/")
    assert response.status_code == 403
    assert "the role viewer" in response.content.decode()
