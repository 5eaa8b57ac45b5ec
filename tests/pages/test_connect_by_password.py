"""Signing in to a cluster by user name and password: given, tested, kept, replaced, and never shown again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from collectors.login import PATH, Account
from collectors.simulator import Settings, Simulator
from dashboard import polling
from dashboard.models import Cluster, Credential, Poll
from dashboard.roles import Role, grant
from dashboard.store import clusters, sealing, tokens

pytestmark = pytest.mark.django_db
PASSWORD = "canary-password-7f3a"
ACCOUNT = Account("reader", PASSWORD)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(Settings(user="reader", password=PASSWORD, with_stories=False)).running() as running:
        yield running


@pytest.fixture
def admin(client: Client) -> Client:
    user = User.objects.create_user("root", password="x")
    grant(user, Role.ADMIN)
    client.force_login(user)
    return client


def given(simulator: Simulator, **fields: str) -> dict[str, str]:
    account = {"uid": "reader", "password": PASSWORD}
    return {"url": simulator.router_url, "kind": "dcos", "name": "prod", "do": "connect", **account, **fields}


def attempts(simulator: Simulator) -> int:
    assert simulator.logins
    return simulator.logins.attempts


def tokens_told(simulator: Simulator) -> set[str]:
    told = {seen.headers.get("authorization", "") for seen in simulator.requests_seen} - {""}
    return {token.removeprefix("token=") for token in told}


def test_a_cluster_that_lets_the_account_in_is_connected(admin: Client, simulator: Simulator) -> None:
    answer = admin.post("/connect/", given(simulator))
    assert (answer.status_code, answer["Location"]) == (302, "/c/prod/")
    assert clusters.secrets_of(Cluster.objects.get()) == clusters.Secrets(account=ACCOUNT)


def test_testing_shows_the_sign_in_as_its_own_line_and_keeps_nothing(admin: Client, simulator: Simulator) -> None:
    page = admin.post("/connect/", given(simulator, do="test")).content.decode()
    assert PATH in page and "Signed in as reader; the token holds until " in page
    assert "12 agents" in page and attempts(simulator) == 1
    assert not Cluster.objects.exists()


def test_a_wrong_password_is_told_and_not_kept(admin: Client, simulator: Simulator) -> None:
    page = admin.post("/connect/", given(simulator, password="wrong-7f3a")).content.decode()
    assert "the user name or password was refused (401 Unauthorized: Invalid credentials.)" in page
    assert "Not connected" in page and "Connect anyway" in page and "wrong-7f3a" not in page
    assert not Cluster.objects.exists()


def test_over_http_the_page_says_that_the_password_can_be_read_on_the_way(admin: Client, simulator: Simulator) -> None:
    warning = "The URL is http, so user name and password travel unencrypted"
    assert warning not in admin.get("/connect/").content.decode()
    assert warning in admin.post("/connect/", given(simulator, do="test")).content.decode()
    assert warning not in admin.post("/connect/", given(simulator, do="test", uid="", password="")).content.decode()
    admin.post("/connect/", given(simulator))
    assert warning in admin.get("/c/prod/settings/").content.decode()
    Cluster.objects.update(url="https://router.test")
    assert warning not in admin.get("/c/prod/settings/").content.decode()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"token": "a.b.c"}, "Give a token, or a user name with its password, not both."),
        ({"uid": ""}, "Give the user name too"),
        ({"password": ""}, "Give the password too"),
        ({"uid": "a\x00b"}, "ull characters are not allowed"),
        ({"password": "x" * 1025}, "at most 1024 characters"),
        ({"kind": "mesos"}, "Plain Mesos has no sign-in by user name and password; leave them out"),
    ],
)
def test_half_an_account_or_two_ways_at_once_are_told(
    admin: Client, simulator: Simulator, fields: dict[str, str], told: str
) -> None:
    page = admin.post("/connect/", given(simulator, **fields)).content.decode()
    assert told in page and not Cluster.objects.exists()
    assert PASSWORD not in page and attempts(simulator) == 0


def test_blanks_belong_to_a_password(admin: Client, simulator: Simulator) -> None:
    admin.post("/connect/", given(simulator, password=" two words ", do="anyway"))
    assert clusters.secrets_of(Cluster.objects.get()).account == Account("reader", " two words ")


def change(admin: Client, cluster: Cluster, **fields: str) -> str:
    form = {"url": cluster.url, "masters": "", "do": "anyway", **fields}
    return admin.post(f"/c/{cluster.name}/settings/", form, follow=True).content.decode()


def test_what_is_stored_is_named_by_kind_and_kept_while_nothing_is_given(admin: Client, simulator: Simulator) -> None:
    admin.post("/connect/", given(simulator))
    shown = admin.get("/c/prod/settings/").content.decode()
    assert "A user name and password are stored, set " in shown and "Forget the user name and password" in shown
    assert "reader" not in shown and PASSWORD not in shown
    change(admin, Cluster.objects.get())
    assert clusters.secrets_of(Cluster.objects.get()).account == ACCOUNT


def test_token_and_password_take_each_others_place(admin: Client, simulator: Simulator) -> None:
    admin.post("/connect/", given(simulator))
    assert "A token is stored" in change(admin, Cluster.objects.get(), token="a.b.c")
    assert clusters.secrets_of(Cluster.objects.get()) == clusters.Secrets(token="a.b.c")
    assert "A user name and password are stored" in change(
        admin, Cluster.objects.get(), uid="reader", password=PASSWORD
    )
    assert clusters.secrets_of(Cluster.objects.get()) == clusters.Secrets(account=ACCOUNT)
    assert Credential.objects.count() == 1


def test_what_is_stored_can_be_forgotten(admin: Client, simulator: Simulator) -> None:
    admin.post("/connect/", given(simulator))
    assert "stored, set" not in change(admin, Cluster.objects.get(), forget_credential="on")
    assert not Credential.objects.exists()


def test_a_stored_account_does_not_follow_the_cluster_to_another_url(admin: Client, simulator: Simulator) -> None:
    admin.post("/connect/", given(simulator))
    with Simulator(Settings(user="reader", password=PASSWORD, with_stories=False)).running() as other:
        change(admin, Cluster.objects.get(), url=other.router_url)
        assert attempts(other) == 0
    assert not clusters.secrets_of(Cluster.objects.get()).given


def test_what_cannot_be_opened_any_more_is_asked_for_again(admin: Client, simulator: Simulator) -> None:
    admin.post("/connect/", given(simulator))
    cluster = Cluster.objects.get()
    Credential.objects.update(sealed=sealing.seal("of another", cluster.pk + 1))
    assert "cannot be opened" in change(admin, cluster)
    assert "The connection was saved." in change(admin, cluster, uid="reader", password=PASSWORD)


def poll(cluster: Cluster, source: str) -> Poll:
    return polling.poll_now(cluster, source, clock=timezone.now)


@pytest.mark.django_db(transaction=True)
def test_polls_sign_in_once_and_neither_secret_shows_anywhere(
    admin: Client, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    admin.post("/connect/", given(simulator))
    cluster, before = Cluster.objects.get(), attempts(simulator)
    for source in ("summary", "masters", "component_health", "summary"):
        assert poll(cluster, source).outcome == "ok"
    assert attempts(simulator) == before
    pages = ["/c/prod/", "/c/prod/settings/", "/c/prod/collection/", "/c/prod/components/", "/admin/dashboard/cluster/"]
    pages += [f"/admin/dashboard/cluster/{cluster.pk}/change/", "/metrics", "/c/prod/nodes/", "/c/prod/masters/"]
    key = tokens.make(User.objects.get(), "test", now=timezone.now())
    header = {"Authorization": f"Token {key}"}
    answers = [admin.get(page, follow=True) for page in pages]
    answers += [
        admin.get(f"/api/v1/clusters/prod/{resource}", headers=header)
        for resource in ("", "polls/", "snapshot/", "nodes/")
    ]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    shown = "".join(bytes(answer.getvalue()).decode() for answer in answers) + caplog.text
    secrets = {PASSWORD, *tokens_told(simulator)}
    assert len(secrets) == 2 and "prod" in shown
    assert not any(secret in shown for secret in secrets)
    stored = bytes(Credential.objects.get().sealed)
    assert not any(secret.encode() in stored for secret in (*secrets, "reader"))


@pytest.mark.django_db(transaction=True)
def test_a_password_changed_on_the_cluster_is_told_on_collection_and_hardly_asked(
    admin: Client, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    clusters.save(
        Cluster(name="prod", kind="dcos", url=simulator.router_url),
        master_urls=(),
        account=Account("reader", "changed-7f3a"),
        now=timezone.now(),
    )
    cluster = Cluster.objects.get()
    ends = [poll(cluster, source) for source in ("summary", "masters", "component_health", "nodes")]
    assert {end.outcome for end in ends} == {"auth"} and attempts(simulator) == 1
    page = admin.get("/c/prod/collection/").content.decode()
    assert "the user name or password was refused" in page and "not tried again for 60 s" in page
    assert "changed-7f3a" not in page + caplog.text


def test_a_row_copied_to_another_cluster_does_not_open_there(simulator: Simulator) -> None:
    for name in ("prod", "lab"):
        made = Cluster(name=name, kind="dcos", url="https://router.test")
        clusters.save(made, master_urls=(), account=Account(name, PASSWORD), now=timezone.now())
    stolen = Credential.objects.get(cluster__name="prod").sealed
    Credential.objects.filter(cluster__name="lab").update(sealed=stolen)
    with pytest.raises(sealing.CannotOpen):
        clusters.secrets_of(Cluster.objects.get(name="lab"))
