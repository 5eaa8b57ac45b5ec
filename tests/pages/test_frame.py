from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.test import Client, RequestFactory
from django.urls import include, path, resolve
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from dashboard import pages
from dashboard.models import Cluster, Collection, Incident
from dashboard.pages.frame import Frame
from dashboard.pages.registry import CLUSTER_PATH, Page
from dashboard.roles import Role, grant
from tests.pages.failing import alert, failed

pytestmark = pytest.mark.django_db
C = CLUSTER_PATH


def page(request: HttpRequest, cluster_name: str, **rest: str) -> HttpResponse:
    return render(request, "base.html")


PAGES = (
    Page("one", C, page, "Now", key="n"),
    Page("two", C + "units/", page, "Units", "Inspect", key="u", kinds=frozenset({Cluster.Kind.DCOS})),
    Page("two_detail", C + "units/<str:unit>/", page),
    Page("three", C + "nodes/", page, "Nodes", "Inspect"),
    Page("four", C + "setup/", page, "Setup", "Data", needs=Role.ADMIN),
)
urlpatterns = [
    *(path(page.path, page.view, name=page.name) for page in PAGES),
    path("", include("dashboard.urls")),
]


@pytest.fixture(autouse=True)
def few_pages(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ROOT_URLCONF = __name__
    monkeypatch.setattr(pages, "PAGES", PAGES)


@pytest.fixture(autouse=True)
def clusters() -> list[Cluster]:
    kinds = {"prod": Cluster.Kind.DCOS, "lab": Cluster.Kind.MESOS}
    return [
        Cluster.objects.create(name=name, kind=kind, url="http://cluster.test", created_at=timezone.now())
        for name, kind in kinds.items()
    ]


def frame(address: str, granted: Role = Role.VIEWER, **cookies: str) -> Frame:
    request = RequestFactory().get(address)
    request.COOKIES.update(cookies)
    user = User.objects.create_user("ana")
    if granted:
        grant(user, granted)
    request.user = user
    request.resolver_match = resolve(address)
    return Frame(request)


def menu(shown: Frame) -> list[tuple[str, list[str]]]:
    return [(group.title, [item.title for item in group.items]) for group in shown.menu]


def current(shown: Frame) -> list[str]:
    return [item.title for group in shown.menu for item in group.items if item.current]


def test_the_menu_has_the_titled_pages_in_their_order_and_groups() -> None:
    assert menu(frame("/c/prod/")) == [("", ["Now"]), ("Inspect", ["Units", "Nodes"])]


def test_a_page_that_this_kind_of_cluster_cannot_answer_is_not_offered() -> None:
    assert menu(frame("/c/lab/")) == [("", ["Now"]), ("Inspect", ["Nodes"])]


def test_a_page_for_a_higher_role_is_not_offered() -> None:
    assert ("Data", ["Setup"]) in menu(frame("/c/prod/", Role.ADMIN))


@pytest.mark.parametrize(
    ("address", "entry"), [("/c/prod/", "Now"), ("/c/prod/units/", "Units"), ("/c/prod/units/dcos-net/", "Units")]
)
def test_the_entry_nearest_to_the_page_is_the_current_one(address: str, entry: str) -> None:
    assert current(frame(address)) == [entry]


def test_the_switcher_leads_to_each_clusters_front_page() -> None:
    assert [(choice.name, choice.href) for choice in frame("/c/prod/").clusters] == [
        ("lab", "/c/lab/"),
        ("prod", "/c/prod/"),
    ]


def test_a_user_without_a_role_learns_no_cluster() -> None:
    shown = frame("/c/prod/", Role.NOBODY)
    assert (shown.clusters, shown.cluster, shown.menu, shown.age) == ([], None, [], None)


@pytest.mark.parametrize(("cookie", "theme"), [("dark", "dark"), ("light", "light"), ('"><script>', ""), ("", "")])
def test_only_a_theme_that_exists_is_taken_from_the_cookie(cookie: str, theme: str) -> None:
    assert frame("/c/prod/", theme=cookie).theme == theme


@pytest.mark.parametrize(
    ("age", "state"),
    [(timedelta(seconds=3), "good"), (timedelta(seconds=25), "warn"), (timedelta(hours=1), "unk"), (None, "unk")],
)
def test_the_bar_says_how_old_the_picture_is(clusters: list[Cluster], age: timedelta | None, state: str) -> None:
    if age is not None:
        at = timezone.now() - age
        Collection.objects.create(cluster=clusters[0], source="summary", outcome="ok", since=at, sample_at=at)
    shown = frame("/c/prod/").age
    assert shown is not None
    assert shown.state == state
    assert (shown.seconds is None) is (age is None)


def counts(shown: Frame) -> dict[str, tuple[int, str]]:
    return {item.title: (item.count, item.mark) for group in shown.menu for item in group.items if item.count}


@pytest.mark.parametrize(("severity", "mark"), [("critical", "bad"), ("warning", "warn")])
def test_the_menu_says_how_much_waits_for_somebody(
    clusters: list[Cluster], monkeypatch: pytest.MonkeyPatch, severity: str, mark: str
) -> None:
    waiting = (Page("alerts", C + "alerts/", page, "Alerts"), Page("failures", C + "failures/", page, "Failures"))
    monkeypatch.setattr(pages, "PAGES", (*PAGES, *waiting))
    shown = frame("/c/prod/")
    assert counts(shown) == {}
    alert(clusters[0], 60, severity=severity)
    for host in ("10.0.0.1", "10.0.0.2"):
        failed(clusters[0], Incident.Kind.HOST, host, 60)
    User.objects.all().delete()
    assert counts(frame("/c/prod/")) == {"Alerts": (1, mark), "Failures": (2, "bad")}
    User.objects.all().delete()
    assert counts(frame("/c/lab/")) == {}


def test_the_frame_costs_three_queries(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    user = User.objects.create_user("ben")
    grant(user, Role.VIEWER)
    client.force_login(user)
    session_and_user = 2
    with django_assert_num_queries(session_and_user + 3):
        html = client.get("/c/prod/").content.decode()
    assert 'data-go="n"' in html
    assert "No data yet" in html


def test_signing_in_asks_the_database_nothing(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert client.get("/accounts/login/").status_code == 200


def test_nobody_has_a_frame_without_a_cluster() -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    assert Frame(request).menu == []


def test_the_server_writes_the_theme(client: Client) -> None:
    client.cookies["theme"] = "dark"
    assert '<html lang="en" data-theme="dark">' in client.get("/accounts/login/").content.decode()


def test_times_on_the_page_are_said_to_be_utc(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    html = client.get("/c/prod/").content.decode()
    assert f"{datetime.now(UTC):%Y}" in html
    assert "All times are in UTC." in html
