from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from dashboard import pages
from dashboard.models import Cluster
from dashboard.roles import Role, grant
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def signed_in(client: Client) -> None:
    user = User.objects.create_user("ana")
    grant(user, Role.VIEWER)
    client.force_login(user)


def connect(*names: str) -> None:
    for name in names:
        Cluster.objects.create(name=name, kind="mesos", url="http://cluster.test", created_at=timezone.now())


def test_without_a_cluster_the_page_says_so(client: Client) -> None:
    assert "No cluster is connected" in client.get("/").content.decode()


def test_several_clusters_are_listed_with_the_age_of_their_figures(client: Client) -> None:
    connect("prod", "lab")
    html = client.get("/").content.decode()
    assert html.index(">lab<") < html.index(">prod<")
    assert "—" in html


def test_an_admin_without_a_cluster_is_led_to_connecting_one(client: Client) -> None:
    grant(User.objects.get(), Role.ADMIN)
    assert client.get("/")["Location"] == "/connect/"


def test_the_clusters_stand_worst_first_with_their_verdicts(client: Client) -> None:
    connect("lab")
    sick, now = builders.cluster("prod"), timezone.now()
    builders.write_masters(sick, builders.master(at=now), now=now)
    builders.write(sick, builders.summary(now, builders.agent(), builders.agent("10.0.0.2", active=False)))
    html = client.get("/").content.decode().replace("\u00a0", " ")
    assert html.index(">prod<") < html.index(">lab<")
    assert "1 degraded, 1 unknown" in html
    assert "agent 10.0.0.2 silent for" in html
    assert "2 agents · 1 master" in html


def test_only_an_admin_is_offered_to_connect_another_cluster(client: Client) -> None:
    connect("prod", "lab")
    assert "/connect/" not in client.get("/").content.decode()
    grant(User.objects.get(), Role.ADMIN)
    assert "/connect/" in client.get("/").content.decode()


def test_the_only_cluster_can_still_be_seen_in_the_list(client: Client) -> None:
    connect("prod")
    assert ">prod<" in client.get("/?all").content.decode()


def test_with_one_cluster_one_arrives_there(client: Client) -> None:
    connect("prod")
    has_pages = any(page.is_about_a_cluster and page.title for page in pages.PAGES)
    assert client.get("/").status_code == (302 if has_pages else 200)


def test_who_has_not_signed_in_is_asked_to(client: Client) -> None:
    client.logout()
    assert client.get("/")["Location"] == "/accounts/login/?next=/"
