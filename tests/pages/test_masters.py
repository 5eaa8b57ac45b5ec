from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster
from tests import builders
from tests.builders import GIB, master, write_masters
from tests.pages.conftest import words

pytestmark = pytest.mark.django_db
PAGE = "/c/prod/masters/"
A, B, C = "10.0.0.101", "10.0.0.102", "10.0.0.103"
QUERIES = 13
"""Session, user, role, cluster, two of the masters, one of who led, three of the queues, switcher, age in the bar."""

FIGURES = {
    "master/event_queue_messages": 420.0,
    "master/event_queue_dispatches": 38.0,
    "master/event_queue_http_requests": 0.0,
    "system/load_1min": 1.9,
    "system/cpus_total": 8.0,
    "system/mem_total_bytes": 16.0 * GIB,
    "system/mem_free_bytes": 13.0 * GIB,
    "master/slaves_active": 12.0,
    "master/slaves_unreachable": 1.0,
}


def told(seconds_ago: float = 3, *, leader: str = A, silent: tuple[str, ...] = ()) -> Cluster:
    cluster = Cluster.objects.first() or builders.cluster()
    at = timezone.now() - timedelta(seconds=seconds_ago)
    answering = [host for host in (A, B, C) if host not in silent]
    masters = [
        master(host, at, elected=host == leader, metrics=FIGURES if host == leader else {}) for host in answering
    ]
    write_masters(cluster, *masters, silent=silent, now=at)
    return cluster


def test_who_leads_and_how_each_process_is(viewer: Client) -> None:
    told()
    said = words(viewer.get(PAGE))
    assert f"3 Masters {A} leads at least since" in said
    assert "All 3 answer; the sum of elected is 1; quorum is 2: 1 more can be lost. Mesos 1.11.0 on all." in said
    assert f"{A} Leading 1 h 3 GiB of 16 GiB 12, 1 unreachable 420 38 0 1.9 of 8 3 s" in said
    assert f"{B} Standby 1 h — of — n/a — — — — of — 3 s" in said


def test_a_silent_master_says_why_in_place_of_old_figures(viewer: Client) -> None:
    told(60)
    told(silent=(C,))
    assert f"{C} No answer connection refused — refused 1 min" in words(viewer.get(PAGE))


def test_a_master_never_reached_is_not_reachable_from_here(viewer: Client) -> None:
    told(silent=(C,))
    assert f"{C} Not reachable from here connection refused — refused —" in words(viewer.get(PAGE))


def test_a_change_of_leader_is_drawn_and_counted(viewer: Client) -> None:
    told(3000)
    Cluster.objects.update(created_at=timezone.now() - timedelta(seconds=3000))
    told(2000, leader="nobody")
    told(1980, leader=B)
    told(leader=B)
    page = viewer.get(PAGE, {"range": "1h"})
    assert "1 change in this time; 20 s without a leader" in words(page)
    lanes = re.findall(r'<rect class="b-(\w+)"', page.content.decode())
    assert lanes.count("lead2") == lanes.count("lead") == lanes.count("bad") == 1
    assert "Who led last 1 h" in words(page)


def test_the_queue_is_a_chart_with_its_numbers_in_a_table(viewer: Client) -> None:
    told()
    page = viewer.get(PAGE, {"range": "1h"})
    assert "About 458 events wait for the leader; 458 at most in this time" in words(page)
    assert '<figure class="chart" id="event-queue" data-chart' in page.content.decode()


def test_when_nothing_is_heard_nothing_is_said_of_the_present(viewer: Client) -> None:
    told(600)
    said = words(viewer.get(PAGE))
    assert "Who leads is not known : nothing heard from any master for 10 min" in said
    assert said.count("No data not asked of late: see Collection") == 3 and "Leading" not in said


def test_before_the_first_poll(viewer: Client) -> None:
    builders.cluster()
    said = words(viewer.get(PAGE))
    assert said.startswith("Masters No master has answered yet . Last poll: not asked yet.")
    assert "No master is known yet" in said and "The leader’s event queue was not measured in this time" in said


def test_an_unknown_range_is_the_usual_one(viewer: Client) -> None:
    told()
    assert "Who led last 24 h" in words(viewer.get(PAGE, {"range": "1' OR 1=1"}))


def test_an_unknown_cluster_is_a_404(viewer: Client) -> None:
    assert viewer.get("/c/nowhere/masters/").status_code == 404


def test_the_price(viewer: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    told()
    with django_assert_num_queries(QUERIES):
        viewer.get(PAGE)
