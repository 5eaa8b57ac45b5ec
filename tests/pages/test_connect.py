"""Connecting a cluster and changing its connection, against a simulated one on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from collectors.simulator import Settings, Simulator
from dashboard.models import Cluster, Credential
from dashboard.roles import Role, grant
from dashboard.store import clusters
from tests import builders

pytestmark = pytest.mark.django_db
CANARY = "canary-token-7f3a"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(Settings(token=CANARY, with_stories=False)).running() as running:
        yield running


@pytest.fixture
def admin(client: Client) -> Client:
    user = User.objects.create_user("root", password="x")
    grant(user, Role.ADMIN)
    client.force_login(user)
    return client


def given(simulator: Simulator, **fields: str) -> dict[str, str]:
    return {"url": simulator.router_url, "kind": "dcos", "name": "prod", "token": CANARY, "do": "connect", **fields}


def test_the_first_page_of_a_new_installation_asks_for_a_cluster(admin: Client) -> None:
    page = admin.get("/", follow=True)
    assert "Connect your first cluster" in page.content.decode()


def test_a_cluster_that_answers_is_connected(admin: Client, simulator: Simulator) -> None:
    answer = admin.post("/connect/", given(simulator))
    assert (answer.status_code, answer["Location"]) == (302, "/c/prod/")
    assert clusters.secrets_of(Cluster.objects.get()).token == CANARY


def test_testing_shows_a_line_per_endpoint_and_keeps_nothing(admin: Client, simulator: Simulator) -> None:
    page = admin.post("/connect/", given(simulator, do="test")).content.decode()
    assert "/system/health/v1/report" in page and "12 agents" in page and "52 units" in page
    assert not Cluster.objects.exists()


def test_further_marathons_are_kept_shown_and_taken_away(admin: Client, simulator: Simulator) -> None:
    admin.post("/connect/", given(simulator, marathons="http://127.0.0.1:8/a/\nhttp://127.0.0.1:9/b", do="anyway"))
    kept = Cluster.objects.get().marathon_urls
    assert list(kept.order_by("url").values_list("url", flat=True)) == ["http://127.0.0.1:8/a", "http://127.0.0.1:9/b"]
    assert "http://127.0.0.1:8/a\nhttp://127.0.0.1:9/b" in admin.get("/c/prod/settings/").content.decode()
    admin.post("/c/prod/settings/", given(simulator, marathons="http://127.0.0.1:9/b", token="", do="anyway"))
    assert list(kept.values_list("url", flat=True)) == ["http://127.0.0.1:9/b"]


def test_a_marathon_that_is_no_address_is_told_beside_its_field(admin: Client, simulator: Simulator) -> None:
    page = admin.post("/connect/", given(simulator, marathons="ftp://127.0.0.1/marathon")).content.decode()
    assert "ftp://127.0.0.1/marathon" in page and "http" in page
    assert not Cluster.objects.exists()


def test_a_wrong_token_is_told_and_not_kept(admin: Client, simulator: Simulator) -> None:
    page = admin.post("/connect/", given(simulator, token="wrong")).content.decode()
    assert "Not connected" in page and "Connect anyway" in page
    assert not Cluster.objects.exists()


def test_the_token_never_comes_back_to_a_page(admin: Client, simulator: Simulator) -> None:
    shown = admin.post("/connect/", given(simulator, do="test")).content.decode()
    admin.post("/connect/", given(simulator))
    settings = admin.get("/c/prod/settings/").content.decode()
    assert CANARY not in shown + settings and "A token is stored" in settings


def test_a_page_that_comes_back_without_the_token_asks_for_it_again(admin: Client, simulator: Simulator) -> None:
    lost = "Token, password and CA file are never put back into a page: give them again."
    assert lost in admin.post("/connect/", given(simulator, token="wrong")).content.decode()
    assert lost not in admin.post("/connect/", given(simulator, token="")).content.decode()


def test_what_is_stored_of_a_token_cannot_be_read(admin: Client, simulator: Simulator) -> None:
    admin.post("/connect/", given(simulator))
    assert CANARY.encode() not in bytes(Credential.objects.get().sealed)


def test_a_stored_token_does_not_follow_the_cluster_to_another_url(admin: Client, simulator: Simulator) -> None:
    admin.post("/connect/", given(simulator))
    moved = {"url": "http://127.0.0.1:9", "masters": "", "token": "", "do": "anyway"}
    admin.post("/c/prod/settings/", moved)
    assert Cluster.objects.get().url == "http://127.0.0.1:9"
    assert clusters.secrets_of(Cluster.objects.get()).token is None


@pytest.mark.parametrize(("kind", "kept"), [("mesos", None), ("dcos", CANARY)])
def test_a_stored_token_is_told_to_no_master_that_is_added(admin: Client, kind: str, kept: str | None) -> None:
    cluster = Cluster(name="prod", kind=kind, url="http://127.0.0.1:7")
    clusters.save(cluster, master_urls=["http://127.0.0.1:8"], token=CANARY, now=builders.NOON)
    same = {"url": cluster.url, "token": "", "do": "anyway"}
    admin.post("/c/prod/settings/", {**same, "masters": "http://127.0.0.1:8/"})
    assert clusters.secrets_of(cluster).token == CANARY
    admin.post("/c/prod/settings/", {**same, "masters": "http://127.0.0.1:8\nhttp://127.0.0.1:9"})
    assert clusters.secrets_of(cluster).token == kept


def test_an_empty_token_keeps_the_stored_one(admin: Client, simulator: Simulator) -> None:
    admin.post("/connect/", given(simulator))
    admin.post("/c/prod/settings/", {"url": simulator.router_url, "masters": "", "token": "", "do": "connect"})
    assert clusters.secrets_of(Cluster.objects.get()).token == CANARY


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"url": "ftp://router"}, "http"),
        ({"url": "http://user:secret@router"}, "user"),
        ({"name": "Not A Name"}, "lower-case"),
        ({"masters": "nonsense"}, "nonsense"),
    ],
)
def test_bad_input_says_what_is_wrong(admin: Client, simulator: Simulator, fields: dict[str, str], told: str) -> None:
    page = admin.post("/connect/", given(simulator, **fields)).content.decode()
    assert told in page and not Cluster.objects.exists()


def test_a_ca_file_that_is_no_certificate_is_refused(admin: Client, simulator: Simulator) -> None:
    wrong = SimpleUploadedFile("ca.pem", b"\xff\xfe binary")
    page = admin.post("/connect/", {**given(simulator), "ca_file": wrong}).content.decode()
    assert "no PEM file" in page and not Cluster.objects.exists()


def test_a_name_that_is_taken_is_refused(admin: Client, simulator: Simulator) -> None:
    builders.cluster("prod")
    assert "connected already" in admin.post("/connect/", given(simulator)).content.decode()


def test_a_cluster_is_removed_only_by_its_name(admin: Client) -> None:
    cluster = builders.cluster("prod")
    builders.write(cluster, builders.summary())
    admin.post("/c/prod/settings/remove/", {"confirm": "prod-eu"})
    assert Cluster.objects.exists()
    admin.post("/c/prod/settings/remove/", {"confirm": "prod"})
    assert not Cluster.objects.exists()


def test_a_paused_cluster_is_not_polled_and_can_go_on(admin: Client) -> None:
    builders.cluster("prod")
    admin.post("/c/prod/settings/pause/")
    assert not Cluster.objects.get().enabled
    admin.post("/c/prod/settings/pause/")
    assert Cluster.objects.get().enabled
