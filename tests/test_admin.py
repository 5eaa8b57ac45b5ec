from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client

from dashboard.models import ApiToken, Cluster
from dashboard.roles import Role, grant, role_of
from dashboard.store import clusters, tokens
from tests.builders import NOON

CANARY = "canary-token-that-nobody-may-read"
pytestmark = pytest.mark.django_db


def user(name: str, role: Role) -> User:
    made = User.objects.create_user(name)
    grant(made, role)
    return made


@pytest.fixture
def boss() -> User:
    return user("boss", Role.ADMIN)


@pytest.fixture
def site(boss: User) -> Client:
    """The admin site as an admin sees it."""
    client = Client()
    client.force_login(boss)
    return client


def form_of(someone: User, **changes: Any) -> dict[str, Any]:
    unchanged = {"username": someone.username, "role": role_of(someone).name, "is_active": "on"}
    return {name: value for name, value in {**unchanged, **changes}.items() if value is not None}


def change(site: Client, someone: User, **changes: Any) -> str:
    address = f"/admin/auth/user/{someone.pk}/change/"
    return site.post(address, form_of(someone, **changes), follow=True).content.decode()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_the_admin_site_is_for_admins(role: Role) -> None:
    client = Client()
    client.force_login(user("ana", role))
    response = client.get("/admin/auth/user/", follow=True)
    assert response.redirect_chain == [("/admin/login/?next=/admin/auth/user/", 302)]


@pytest.mark.parametrize("role", list(Role)[1:])
def test_a_new_user_gets_the_role_that_was_chosen(site: Client, role: Role) -> None:
    password = "a long enough one 7"
    form = {"username": "ana", "usable_password": "true", "password1": password, "password2": password}
    site.post("/admin/auth/user/add/", {**form, "role": role.name})
    assert role_of(User.objects.get(username="ana")) is role


def test_a_role_can_be_changed_and_is_the_only_one(site: Client) -> None:
    ana = user("ana", Role.ADMIN)
    change(site, ana, role="OPERATOR")
    ana = User.objects.get(username="ana")
    assert role_of(ana) is Role.OPERATOR
    assert not ana.is_staff
    assert [group.name for group in ana.groups.all()] == ["operator"]


@pytest.mark.parametrize("changes", [{"role": "VIEWER"}, {"is_active": None}])
def test_the_last_admin_stays_one(site: Client, boss: User, changes: dict[str, Any]) -> None:
    assert "This is the last admin" in change(site, boss, **changes)
    assert role_of(User.objects.get(username="boss")) is Role.ADMIN
    user("second", Role.ADMIN)
    change(site, boss, **changes)
    assert role_of(User.objects.get(username="boss")) is not Role.ADMIN


def test_a_deactivated_user_keeps_the_role_for_the_day_of_return(site: Client) -> None:
    ana = user("ana", Role.OPERATOR)
    change(site, ana, is_active=None)
    assert role_of(User.objects.get(username="ana")) is Role.NOBODY
    assert ">operator<" in site.get("/admin/auth/user/").content.decode()


def test_a_token_is_revoked_by_deleting_it(site: Client, boss: User) -> None:
    key = tokens.make(boss, "backup", now=NOON)
    row = ApiToken.objects.get()
    assert "backup" in site.get("/admin/dashboard/apitoken/").content.decode()
    site.post(f"/admin/dashboard/apitoken/{row.pk}/delete/", {"post": "yes"})
    assert tokens.use(key, NOON) is None


def test_no_page_shows_a_secret_or_deletes_what_was_collected(site: Client, boss: User) -> None:
    cluster = Cluster(name="prod", kind="dcos", url="https://router.test")
    clusters.save(cluster, master_urls=(), token=CANARY, now=NOON)
    key = tokens.make(boss, "backup", now=NOON)
    token = ApiToken.objects.get()
    pages = [
        "/admin/",
        "/admin/dashboard/cluster/",
        f"/admin/dashboard/cluster/{cluster.pk}/change/",
        "/admin/dashboard/apitoken/",
        f"/admin/dashboard/apitoken/{token.pk}/change/",
        f"/admin/auth/user/{boss.pk}/change/",
    ]
    for page in pages:
        text = site.get(page).content.decode()
        assert "prod" in text or "boss" in text
        assert not any(secret in text for secret in (CANARY, key, token.digest, boss.password))
    assert site.post(f"/admin/dashboard/cluster/{cluster.pk}/delete/", {"post": "yes"}).status_code == 403
    assert site.post(f"/admin/auth/user/{boss.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_site_holds_users_tokens_and_clusters_and_nothing_else() -> None:
    assert {model.__name__ for model in admin.site._registry} == {"User", "ApiToken", "Cluster"}
