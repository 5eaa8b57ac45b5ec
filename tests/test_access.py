"""Every address × every role, in one table. An address that is not listed here fails the build."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from dashboard.auditing import daily
from dashboard.models import Alert, Channel, Cluster, Event, Incident, Poll, Rule
from dashboard.roles import Role, grant
from tests import builders
from tests.applications import FRAMEWORK, UUID, make_app, make_marathon, make_task
from tests.builders import NOON, master, write_masters

pytestmark = pytest.mark.django_db

OPEN, SIGNED_IN = "open", "signed in"
UNIT = "/c/prod/components/dcos-net.service/"
API = "/api/v1/clusters/prod/"
CONTAINERS = "/c/prod/nodes/10.0.0.1/containers/"
FAILURES = "/c/prod/failures/"
ALERTS = "/c/prod/alerts/"
CHANNELS = ALERTS + "channels/"
AUDIT = "/c/prod/audit/"
TASK = f"web.{UUID.format(1)}"

TABLE: dict[str, tuple[str, str | Role]] = {
    # pattern: (an address of it, the least that may see it)
    "accounts/login/": ("/accounts/login/", OPEN),
    "accounts/logout/": ("/accounts/logout/", OPEN),
    "accounts/password/": ("/accounts/password/", SIGNED_IN),
    "admin/login/": ("/admin/login/", OPEN),
    "admin/": ("/admin/", Role.ADMIN),
    "-/healthy": ("/-/healthy", OPEN),
    "-/ready": ("/-/ready", OPEN),
    "metrics": ("/metrics", OPEN),
    "": ("/", Role.VIEWER),
    "connect/": ("/connect/", Role.ADMIN),
    "c/<slug:cluster_name>/": ("/c/prod/", Role.VIEWER),
    "c/<slug:cluster_name>/explore/": ("/c/prod/explore/?q=cpus_total{kind=cluster}", Role.VIEWER),
    "c/<slug:cluster_name>/explore/metrics/": ("/c/prod/explore/metrics/", Role.VIEWER),
    "c/<slug:cluster_name>/explore/explore.csv": (
        "/c/prod/explore/explore.csv?q=cpus_total{kind=cluster}",
        Role.VIEWER,
    ),
    "c/<slug:cluster_name>/capacity/": ("/c/prod/capacity/", Role.VIEWER),
    "c/<slug:cluster_name>/capacity/capacity.csv": ("/c/prod/capacity/capacity.csv", Role.VIEWER),
    "c/<slug:cluster_name>/capacity/filesystems/": ("/c/prod/capacity/filesystems/", Role.VIEWER),
    "c/<slug:cluster_name>/capacity/filesystems/filesystems.csv": (
        "/c/prod/capacity/filesystems/filesystems.csv",
        Role.VIEWER,
    ),
    "c/<slug:cluster_name>/nodes/": ("/c/prod/nodes/", Role.VIEWER),
    "c/<slug:cluster_name>/nodes/nodes.csv": ("/c/prod/nodes/nodes.csv", Role.VIEWER),
    "c/<slug:cluster_name>/nodes/over-time.csv": ("/c/prod/nodes/over-time.csv", Role.VIEWER),
    "c/<slug:cluster_name>/nodes/<named:host>/history.csv": ("/c/prod/nodes/10.0.0.1/history.csv", Role.VIEWER),
    "c/<slug:cluster_name>/nodes/<named:host>/containers/": (CONTAINERS, Role.VIEWER),
    "c/<slug:cluster_name>/nodes/<named:host>/containers/containers.csv": (
        CONTAINERS + "containers.csv",
        Role.VIEWER,
    ),
    "c/<slug:cluster_name>/nodes/<named:host>/containers/<container:container_id>/": (CONTAINERS + "c1/", Role.VIEWER),
    "c/<slug:cluster_name>/nodes/<named:host>/containers/<container:container_id>/history.csv": (
        CONTAINERS + "c1/history.csv",
        Role.VIEWER,
    ),
    "c/<slug:cluster_name>/nodes/<named:host>/": ("/c/prod/nodes/10.0.0.1/", Role.VIEWER),
    "c/<slug:cluster_name>/masters/": ("/c/prod/masters/", Role.VIEWER),
    "c/<slug:cluster_name>/apps/": ("/c/prod/apps/", Role.VIEWER),
    "c/<slug:cluster_name>/apps/apps.csv": ("/c/prod/apps/apps.csv", Role.VIEWER),
    "c/<slug:cluster_name>/apps/deployments/": ("/c/prod/apps/deployments/", Role.VIEWER),
    "c/<slug:cluster_name>/apps/waiting/": ("/c/prod/apps/waiting/", Role.VIEWER),
    "c/<slug:cluster_name>/apps/<named:marathon_key>/<app:app_id>/": (
        "/c/prod/apps/marathon/nothing-here/",
        Role.VIEWER,
    ),
    "c/<slug:cluster_name>/apps/<named:marathon_key>/<app:app_id>/failures.csv": (
        "/c/prod/apps/marathon/nothing-here/failures.csv",
        Role.VIEWER,
    ),
    "c/<slug:cluster_name>/apps/<named:marathon_key>/<app:app_id>/metrics.csv": (
        "/c/prod/apps/marathon/nothing-here/metrics.csv",
        Role.VIEWER,
    ),
    "c/<slug:cluster_name>/components/": ("/c/prod/components/", Role.VIEWER),
    "c/<slug:cluster_name>/components/snapshot/": ("/c/prod/components/snapshot/", Role.VIEWER),
    "c/<slug:cluster_name>/components/<named:unit>/": (UNIT, Role.VIEWER),
    "c/<slug:cluster_name>/components/<named:unit>/nodes/<named:host>/": (UNIT + "nodes/10.0.0.1/", Role.VIEWER),
    "c/<slug:cluster_name>/failures/": (FAILURES, Role.VIEWER),
    "c/<slug:cluster_name>/failures/failures.csv": (FAILURES + "failures.csv", Role.VIEWER),
    "c/<slug:cluster_name>/failures/flapping/": (FAILURES + "flapping/", Role.VIEWER),
    "c/<slug:cluster_name>/failures/flapping/flapping.csv": (FAILURES + "flapping/flapping.csv", Role.VIEWER),
    "c/<slug:cluster_name>/failures/<int:number>/": (FAILURES + "1/", Role.VIEWER),
    "c/<slug:cluster_name>/failures/<int:number>/incident.md": (FAILURES + "1/incident.md", Role.VIEWER),
    "c/<slug:cluster_name>/failures/<int:number>/act/": (FAILURES + "1/act/", Role.OPERATOR),
    "c/<slug:cluster_name>/alerts/": (ALERTS, Role.VIEWER),
    "c/<slug:cluster_name>/alerts/act/": (ALERTS + "act/", Role.OPERATOR),
    "c/<slug:cluster_name>/alerts/<int:number>/": (ALERTS + "1/", Role.VIEWER),
    "c/<slug:cluster_name>/alerts/rules/": (ALERTS + "rules/", Role.VIEWER),
    "c/<slug:cluster_name>/alerts/rules/new/": (ALERTS + "rules/new/", Role.OPERATOR),
    "c/<slug:cluster_name>/alerts/rules/<slug:key>/": (ALERTS + "rules/R20/", Role.VIEWER),
    "c/<slug:cluster_name>/alerts/rules/<slug:key>/switch/": (ALERTS + "rules/R20/switch/", Role.OPERATOR),
    "c/<slug:cluster_name>/alerts/rules/<slug:key>/delete/": (ALERTS + "rules/R20/delete/", Role.OPERATOR),
    "c/<slug:cluster_name>/alerts/silences/": (ALERTS + "silences/", Role.VIEWER),
    "c/<slug:cluster_name>/alerts/silences/new/": (ALERTS + "silences/new/", Role.OPERATOR),
    "c/<slug:cluster_name>/alerts/silences/<int:number>/end/": (ALERTS + "silences/1/end/", Role.OPERATOR),
    "c/<slug:cluster_name>/alerts/channels/": (CHANNELS, Role.VIEWER),
    "c/<slug:cluster_name>/alerts/channels/new/": (CHANNELS + "new/", Role.ADMIN),
    "c/<slug:cluster_name>/alerts/channels/<int:number>/": (CHANNELS + "1/", Role.ADMIN),
    "c/<slug:cluster_name>/alerts/channels/<int:number>/switch/": (CHANNELS + "1/switch/", Role.ADMIN),
    "c/<slug:cluster_name>/alerts/channels/<int:number>/delete/": (CHANNELS + "1/delete/", Role.ADMIN),
    "c/<slug:cluster_name>/alerts/channels/<int:number>/test/": (CHANNELS + "1/test/", Role.OPERATOR),
    "c/<slug:cluster_name>/alerts/deliveries/": (ALERTS + "deliveries/", Role.VIEWER),
    "c/<slug:cluster_name>/alerts/deliveries/deliveries.csv": (ALERTS + "deliveries/deliveries.csv", Role.VIEWER),
    "c/<slug:cluster_name>/alerts/deliveries/retry/": (ALERTS + "deliveries/retry/", Role.OPERATOR),
    "c/<slug:cluster_name>/collection/": ("/c/prod/collection/", Role.VIEWER),
    "c/<slug:cluster_name>/audit/": (AUDIT, Role.VIEWER),
    "c/<slug:cluster_name>/audit/audit.csv": (AUDIT + "audit.csv", Role.VIEWER),
    "c/<slug:cluster_name>/audit/audit.jsonl": (AUDIT + "audit.jsonl", Role.OPERATOR),
    "c/<slug:cluster_name>/audit/compare/": (AUDIT + "compare/", Role.VIEWER),
    "c/<slug:cluster_name>/storage/": ("/c/prod/storage/", Role.VIEWER),
    "c/<slug:cluster_name>/storage/storage.csv": ("/c/prod/storage/storage.csv", Role.VIEWER),
    "c/<slug:cluster_name>/storage/retention/": ("/c/prod/storage/retention/", Role.ADMIN),
    "c/<slug:cluster_name>/audit/<slug:day>/": (AUDIT + "2026-11-22/", Role.VIEWER),
    "c/<slug:cluster_name>/settings/": ("/c/prod/settings/", Role.ADMIN),
    "c/<slug:cluster_name>/settings/periods/": ("/c/prod/settings/periods/", Role.ADMIN),
    "c/<slug:cluster_name>/settings/pause/": ("/c/prod/settings/pause/", Role.ADMIN),
    "c/<slug:cluster_name>/settings/remove/": ("/c/prod/settings/remove/", Role.ADMIN),
    "c/<slug:cluster_name>/tasks/": ("/c/prod/tasks/", Role.VIEWER),
    "c/<slug:cluster_name>/tasks/tasks.csv": ("/c/prod/tasks/tasks.csv", Role.VIEWER),
    "c/<slug:cluster_name>/tasks/<named:framework_id>/<named:task_id>/": (
        f"/c/prod/tasks/{FRAMEWORK}/{TASK}/",
        Role.VIEWER,
    ),
    "c/<slug:cluster_name>/frameworks/": ("/c/prod/frameworks/", Role.VIEWER),
    "c/<slug:cluster_name>/frameworks/<named:framework_id>/": ("/c/prod/frameworks/id-of-marathon/", Role.VIEWER),
    "api/schema/": ("/api/schema/", Role.VIEWER),
    "api/docs/": ("/api/docs/", Role.VIEWER),
    "api/v1/clusters/": ("/api/v1/clusters/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/": (API, Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/masters/": (API + "masters/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/agents/": (API + "agents/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/nodes/": (API + "nodes/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/nodes/<str:host>/": (API + "nodes/10.0.0.1/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/nodes/<str:host>/containers/": (
        API + "nodes/10.0.0.1/containers/",
        Role.VIEWER,
    ),
    "api/v1/clusters/<slug:cluster_name>/nodes/<str:host>/containers/<str:container_id>/": (
        API + "nodes/10.0.0.1/containers/c1/",
        Role.VIEWER,
    ),
    "api/v1/clusters/<slug:cluster_name>/containers/": (API + "containers/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/marathons/": (API + "marathons/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/apps/": (API + "apps/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/apps/<path:place>/": (API + "apps/marathon/web/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/app-metrics/": (API + "app-metrics/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/deployments/": (API + "deployments/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/queue/": (API + "queue/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/tasks/": (API + "tasks/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/frameworks/": (API + "frameworks/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/metrics/": (API + "metrics/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/explore/": (API + "explore/?q=cpus_total{kind=cluster}", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/capacity/": (API + "capacity/?range=24h", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/filesystems/": (API + "filesystems/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/readings/latest/": (
        API + "readings/latest/?kind=host&metric=cpu.total",
        Role.VIEWER,
    ),
    "api/v1/clusters/<slug:cluster_name>/readings/top/": (
        API + "readings/top/?kind=host&metric=cpu.total",
        Role.VIEWER,
    ),
    "api/v1/clusters/<slug:cluster_name>/readings/": (
        API + "readings/?subject=cluster&metric=cpus_total",
        Role.VIEWER,
    ),
    "api/v1/clusters/<slug:cluster_name>/components/": (API + "components/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/components/<path:unit>/nodes/": (
        API + "components/dcos-net.service/nodes/",
        Role.VIEWER,
    ),
    "api/v1/clusters/<slug:cluster_name>/collection/": (API + "collection/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/polls/": (API + "polls/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/snapshot/": (API + "snapshot/", Role.VIEWER),
    "api/v1/channels/": ("/api/v1/channels/", Role.VIEWER),
    "api/v1/storage/": ("/api/v1/storage/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/events/": (API + "events/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/audit/": (API + "audit/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/audit/export/": (API + "audit/export/", Role.OPERATOR),
    "api/v1/clusters/<slug:cluster_name>/audit/<slug:day>/": (API + "audit/2026-11-22/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/incidents/": (API + "incidents/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/incidents/<int:number>/": (API + "incidents/1/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/incidents/<int:number>/take/": (API + "incidents/1/take/", Role.OPERATOR),
    "api/v1/clusters/<slug:cluster_name>/incidents/<int:number>/give-back/": (
        API + "incidents/1/give-back/",
        Role.OPERATOR,
    ),
    "api/v1/clusters/<slug:cluster_name>/incidents/<int:number>/close/": (API + "incidents/1/close/", Role.OPERATOR),
    "api/v1/clusters/<slug:cluster_name>/incidents/<int:number>/notes/": (API + "incidents/1/notes/", Role.OPERATOR),
    "api/v1/clusters/<slug:cluster_name>/flapping/": (API + "flapping/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/alerts/": (API + "alerts/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/alerts/acknowledge/": (API + "alerts/acknowledge/", Role.OPERATOR),
    "api/v1/clusters/<slug:cluster_name>/alerts/give-back/": (API + "alerts/give-back/", Role.OPERATOR),
    "api/v1/clusters/<slug:cluster_name>/alerts/<int:number>/": (API + "alerts/1/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/rules/": (API + "rules/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/rules/<slug:key>/": (API + "rules/R20/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/rules/<slug:key>/back-test/": (API + "rules/R20/back-test/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/silences/": (API + "silences/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/silences/preview/": (API + "silences/preview/?matcher=rule:R20", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/silences/<int:number>/end/": (API + "silences/1/end/", Role.OPERATOR),
    "api/v1/clusters/<slug:cluster_name>/notices/": (API + "notices/", Role.VIEWER),
    "api/v1/clusters/<slug:cluster_name>/notices/<int:number>/retry/": (API + "notices/1/retry/", Role.OPERATOR),
    "api/": ("/api/nothing-here/", Role.VIEWER),
}
IDENTITIES: list[Role | None] = [None, Role.NOBODY, Role.VIEWER, Role.OPERATOR, Role.ADMIN]


def patterns(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for one in resolver.url_patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLPattern):
            yield route
        elif route == "admin/":
            yield route  # Django's own; its index stands for it
        else:
            yield from patterns(one, route)


def test_every_address_is_in_the_table() -> None:
    assert set(patterns(get_resolver())) == set(TABLE)


@pytest.fixture
def installation() -> None:
    cluster = builders.cluster("prod")
    builders.cluster("other")
    write_masters(cluster, master())
    builders.write(cluster, builders.summary())
    builders.write(cluster, builders.report())
    builders.write_containers(cluster, builders.agent_containers("10.0.0.1", builders.container_reading("c1")))
    Incident.objects.create(
        pk=1, cluster=cluster, about="agent", kind="host", subject="10.0.0.1", began_at=NOON, detected_at=NOON
    )
    rule = Rule.objects.create(cluster=cluster, key="R20", name="Memory allocation", changed_at=NOON)
    since = {"pending_since": NOON, "fired_at": NOON, "changed_at": NOON}
    Channel.objects.create(pk=1, name="prod", kind="webhook", target="https://hooks.example.org/x", created_at=NOON)
    Alert.objects.create(pk=1, cluster=cluster, rule=rule, state="firing", severity="warning", **since)
    app = make_app(make_marathon(cluster, NOON), "/web", NOON)
    make_task(cluster, 1, NOON, app=app)
    daily.make(cluster, NOON)


def sign_in(client: Client, identity: Role | None) -> None:
    if identity is None:
        return
    user = User.objects.create_user(f"user-{identity.name}", password="x")
    if identity is not Role.NOBODY:
        grant(user, identity)
    client.force_login(user)


def expected(needed: str | Role, identity: Role | None, address: str) -> set[int]:
    """Statuses that are right: seen, sent to sign in, refused. A GET of what only POST may do is 405 to who may."""
    if needed == OPEN or (needed == SIGNED_IN and identity is not None):
        return {200, 302, 405, 503}
    if identity is None:
        return {401} if address.startswith("/api/v1") else {302, 401}
    if isinstance(needed, Role) and identity >= needed:
        return {404} if "nothing-here" in address else {200, 302, 405}
    return {302, 403} if address.startswith("/admin") else {403}


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize("identity", IDENTITIES, ids=lambda one: "anonymous" if one is None else one.name.lower())
def test_each_role_sees_what_it_may(client: Client, identity: Role | None) -> None:
    sign_in(client, identity)
    for address, needed in TABLE.values():
        answer = client.get(address)
        assert answer.status_code in expected(needed, identity, address), (address, answer.status_code)
        if answer.status_code == 302 and identity is None and needed != OPEN:
            assert "/login/" in answer["Location"], address


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize("address", [address for address, needed in TABLE.values() if needed is Role.ADMIN])
def test_no_change_without_a_csrf_token(address: str) -> None:
    client = Client(enforce_csrf_checks=True)
    sign_in(client, Role.ADMIN)
    assert client.post(address, {"confirm": "prod"}).status_code == 403


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize("identity", [one for one in IDENTITIES if one is not Role.ADMIN], ids=str)
def test_nobody_below_admin_changes_anything_by_any_method(client: Client, identity: Role | None) -> None:
    sign_in(client, identity)
    before = list(Cluster.objects.order_by("pk").values())
    form = {"url": "http://127.0.0.1:9", "kind": "mesos", "name": "mine", "do": "anyway", "confirm": "prod"}
    for address in [address for address, needed in TABLE.values() if needed is Role.ADMIN]:
        for ask in (client.post, client.put, client.patch, client.delete):
            data = form if ask == client.post else None
            assert ask(address, data).status_code in {302, 403}, address
    assert list(Cluster.objects.order_by("pk").values()) == before


@pytest.mark.usefixtures("installation")
def test_a_get_changes_nothing(client: Client) -> None:
    sign_in(client, Role.ADMIN)
    before = [list(model.objects.values()) for model in (Cluster, Event, Poll)]
    for address, _ in TABLE.values():
        client.get(address)
    assert [list(model.objects.values()) for model in (Cluster, Event, Poll)] == before
