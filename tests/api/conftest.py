"""A cluster that was polled this moment, and somebody with a token to ask about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from collectors.errors import Outcome, PollError
from dashboard.models import Cluster
from dashboard.roles import Role, grant
from dashboard.store import clusters, ingest
from dashboard.store.tokens import make
from dashboard.store.writing import Writing
from tests import builders
from tests.builders import agent, host_metrics, master, node_health, report, summary, unit

CANARY = "canary-token-that-nobody-may-read"
PROD = "/api/v1/clusters/prod/"
Ask = Callable[..., dict[str, Any]]
Do = Callable[..., dict[str, Any]]


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def prod(db: None, now: datetime) -> Cluster:
    """Three agents of which one is silent, three masters of which one is, one sick component and one dark node."""
    cluster = Cluster(name="prod", kind="dcos", url="https://router.test")
    clusters.save(cluster, master_urls=(), token=CANARY, now=now - timedelta(hours=1))
    fill(cluster, now)
    return cluster


def fill(cluster: Cluster, now: datetime) -> None:
    agents = (agent("10.0.0.9"), agent("10.0.0.10", attributes={"rack": "r2"}), agent("10.0.0.11", active=False))
    builders.write_masters(
        cluster, master("10.0.0.101", now), master("10.0.0.102", now), silent=("10.0.0.103",), now=now
    )
    builders.write(cluster, summary(now, *agents))
    builders.write(
        cluster,
        report(
            now,
            node_health("10.0.0.9", unit("dcos-net.service"), unit("dcos-log.service", 1)),
            node_health("10.0.0.10", unit("dcos-net.service"), unit("dcos-log.service")),
            node_health("10.0.0.11", dark=True),
        ),
    )
    builders.write_machines(cluster, host_metrics("10.0.0.9", now), host_metrics("10.0.0.10", now))


def fail(cluster: Cluster, source: str, now: datetime) -> None:
    """A poll that brought nothing, its words from the cluster's side."""
    writing = Writing(cluster=cluster, tick=int(now.timestamp()), now=now)
    ingest.failure(writing, source, PollError(Outcome.AUTH, "401 at /system/health/v1/report"), duration_seconds=0.2)


def user(role: Role, name: str = "") -> User:
    made = User.objects.create_user(name or role.name.lower())
    if role:
        grant(made, role)
    return made


@pytest.fixture
def key(db: None, now: datetime) -> str:
    """A viewer's."""
    return make(user(Role.VIEWER, "robot"), "tests", now=now)


@pytest.fixture
def asked(key: str) -> Ask:
    """GET as JSON with the viewer's key; the status must be the one expected."""

    def ask(path: str, *, status: int = 200, **query: Any) -> dict[str, Any]:
        response = Client().get(path, query, headers={"Authorization": f"Token {key}"})
        assert response.status_code == status, response.content
        found: dict[str, Any] = response.json()
        return found

    return ask


@pytest.fixture
def olga(db: None) -> User:
    """An operator."""
    return user(Role.OPERATOR, "olga")


@pytest.fixture
def done(olga: User, now: datetime) -> Do:
    """POST, or another method, of JSON with the operator's key; the status must be the one expected."""
    signed = {"Authorization": f"Token {make(olga, 'tests', now=now)}"}

    def do(path: str, *, status: int = 200, method: str = "post", **sent: Any) -> dict[str, Any]:
        response = getattr(Client(), method)(path, sent, content_type="application/json", headers=signed)
        assert response.status_code == status, response.content
        found: dict[str, Any] = response.json() if response.content else {}
        return found

    return do
