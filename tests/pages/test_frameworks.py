from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from collectors.records import Bounds
from dashboard.models import Cluster
from tests import builders
from tests.applications import make_app, make_failed_task, make_marathon
from tests.builders import agent, role, roles, summary
from tests.pages.conftest import said

pytestmark = pytest.mark.django_db
PAGE = "/c/prod/frameworks/"
ONE = f"{PAGE}id-of-marathon/"
QUERIES = 13
"""Session, user, role, cluster, freshness, frameworks, two of use, roles, failures, apps, switcher, age in the bar."""


@pytest.fixture
def prod() -> Cluster:
    """Marathon, in a role with a limit; jobs is disconnected, and an app runs it."""
    cluster, now = builders.cluster(), timezone.now()
    away = builders.framework("jobs", connected=False)
    builders.write(cluster, summary(now, agent(), frameworks=(builders.framework(), away)), now=now)
    data = role("data", frameworks=("id-of-marathon",), limit=Bounds(cpus=2), guarantee=Bounds(mem_bytes=builders.GIB))
    builders.write(cluster, roles(now, data), now=now)
    make_app(make_marathon(cluster, now), "/jobs", now, labels={"DCOS_SERVICE_NAME": "jobs"})
    return cluster


def test_each_says_its_state_its_share_its_roles_and_who_runs_it(viewer: Client, prod: Cluster) -> None:
    page = said(viewer.get(PAGE))
    assert page.startswith("2 frameworks 1 needs a look.")
    assert page.index("jobs id-of-jobs Disconnected") < page.index("marathon id-of-marathon Active")
    assert "data" in page and "/jobs" in page and "not told" in page


def test_an_old_summary_is_not_the_present(viewer: Client) -> None:
    cluster, then = builders.cluster(), timezone.now() - timedelta(minutes=5)
    builders.write(cluster, summary(then, agent()), now=then)
    page = said(viewer.get(PAGE))
    assert "Stale This was true at" in page and "No data" in page and "Active" not in page
    assert "All are connected" not in page


def test_before_the_first_summary_nothing_is_known(viewer: Client) -> None:
    builders.cluster()
    assert "Learning No framework is known yet." in said(viewer.get(PAGE))


def test_one_that_completed_is_listed_for_itself(viewer: Client, prod: Cluster) -> None:
    later = timezone.now() + timedelta(seconds=5)
    builders.write(prod, summary(later, agent(), frameworks=(builders.framework(),)), now=later)
    page = said(viewer.get(PAGE))
    assert page.startswith("1 framework ") and "Completed in the last 7 d" in page
    assert page.index("Completed in the last 7 d") < page.index("jobs id-of-jobs Completed")


def test_one_framework_tells_quota_charts_failures_and_changes(viewer: Client, prod: Cluster) -> None:
    make_failed_task(prod, 1, timezone.now(), framework_id="id-of-marathon")
    page = said(viewer.get(ONE))
    assert "marathon (Active)" in page and "CPU: 1 core allocated, use not measured" in page
    assert "data 1 core · 2 GiB memory" in page and "1 GiB memory 2 cores" in page
    assert "Failed in 24 h not counted" in page
    assert "Failed tasks the latest 1 of 7 d" in page and "Its command failed" in page
    assert "What changed" in page


def test_a_framework_nobody_knows_is_a_404(viewer: Client, prod: Cluster) -> None:
    assert viewer.get(f"{PAGE}nobody/").status_code == 404


def test_the_price_does_not_grow_with_the_frameworks(
    viewer: Client, prod: Cluster, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    now = timezone.now()
    more = tuple(builders.framework(f"f{number}") for number in range(30))
    builders.write(prod, summary(now, agent(), frameworks=(builders.framework(), *more)), now=now)
    with django_assert_num_queries(QUERIES):
        viewer.get(PAGE)
