from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster, Event
from tests import builders
from tests.api.conftest import PROD, Ask

FLAPPING = f"{PROD}flapping/"


@pytest.fixture
def cluster(db: None) -> Cluster:
    return builders.cluster()


def restarted(cluster: Cluster, host: str, *ago_minutes: float, now: datetime) -> None:
    """An agent process whose start time was seen to change so many minutes ago."""
    for minutes in ago_minutes:
        at = now - timedelta(minutes=minutes)
        said = {"kind": Event.Kind.AGENT_RESTART, "subject": host, "name": host, "after": at.isoformat()}
        Event.objects.create(cluster=cluster, taken_at=at, seen_at=at, **said)


def test_what_flaps_stands_before_what_is_steady(cluster: Cluster, asked: Ask, now: datetime) -> None:
    restarted(cluster, "10.0.0.1", 300, now=now)
    restarted(cluster, "10.0.0.2", 12, 8, 4, now=now)
    answer = asked(FLAPPING)
    assert answer["count"] == 2
    first, second = answer["results"]
    assert (first["what"], first["key"], first["state"], first["restarts_24h"]) == ("agent", "10.0.0.2", "flapping", 3)
    assert first["lives_for_seconds"] == pytest.approx(240, abs=30)
    assert (second["state"], second["restarts_24h"], second["since"]) == ("steady", 1, None)


def test_one_state_may_be_asked_for(cluster: Cluster, asked: Ask, now: datetime) -> None:
    restarted(cluster, "10.0.0.1", 300, now=now)
    restarted(cluster, "10.0.0.2", 12, 8, 4, now=now)
    assert [row["key"] for row in asked(FLAPPING, state="steady")["results"]] == ["10.0.0.1"]
    assert asked(FLAPPING, what="master")["results"] == []


def test_pages_hold_each_once(
    cluster: Cluster, asked: Ask, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(15):
        restarted(cluster, f"10.0.0.{number}", *range(5, 60 + number), now=now)
    page = asked(FLAPPING, limit=4)
    seen = [row["key"] for row in page["results"]]
    while page["next"]:
        with django_assert_num_queries(5):  # key, role; cluster, events
            page = asked(page["next"])
        seen += [row["key"] for row in page["results"]]
    assert sorted(seen) == sorted(f"10.0.0.{number}" for number in range(15))
