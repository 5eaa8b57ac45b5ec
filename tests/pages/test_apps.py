from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from dashboard.models import App, Cluster
from tests import builders
from tests.applications import GIB, listed_at, make_app, make_deployment, make_failed_task, make_marathon, make_wait
from tests.builders import NOON
from tests.pages.conftest import said

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
PAGE = "/c/prod/apps/"
QUERIES = 14
"""Two of who asks and one of their role, the frame's two, and nine of the page where an app of it failed and one waits."""


def several(cluster: Cluster | None = None) -> tuple[Cluster, App, App]:
    """Three apps, all listed now: one runs, one waits for memory and one is delayed after five failures."""
    cluster = cluster or builders.cluster()
    listed_at(cluster, NOON, "apps")
    listed_at(cluster, NOON, "tasks")
    marathon = make_marathon(cluster, NOON)
    make_app(marathon, "/shop/web", NOON, cpus_used_p95=0.4, mem_used_p95_bytes=GIB, p95_seconds=86400.0)
    waiting = make_app(marathon, "/search/indexer", NOON, state="waiting", instances=3, running=1, healthy=1)
    delayed = make_app(marathon, "/search/etl", NOON, state="delayed", instances=1, running=0, healthy=0)
    make_wait(waiting, NOON)
    for number in range(5):
        make_failed_task(cluster, number, NOON - timedelta(minutes=number + 1), app=delayed)
    return cluster, waiting, delayed


def ids(client: Client, query: str = "") -> list[str]:
    answer = client.get(f"{PAGE}apps.csv{query}")
    assert isinstance(answer, StreamingHttpResponse)
    text = b"".join(answer).decode()
    return [row["app_id"] for row in csv.DictReader(io.StringIO(text))]


def test_the_head_says_in_a_sentence_how_many_run_and_which_need_a_look(viewer: Client) -> None:
    several()
    text = said(viewer.get(PAGE))
    assert text.startswith("3 Apps")
    assert "1 running, 2 need a look: /search/etl is delayed, /search/indexer waits for memory" in text
    assert "3 of 6 instances run." in text


def test_the_worst_come_first_and_another_column_can_be_chosen(viewer: Client) -> None:
    several()
    assert ids(viewer) == ["/search/etl", "/search/indexer", "/shop/web"]
    assert ids(viewer, "?sort=name") == ["/search/etl", "/search/indexer", "/shop/web"]
    assert ids(viewer, "?sort=-name") == ["/shop/web", "/search/indexer", "/search/etl"]
    assert ids(viewer, "?sort=-instances")[0] == "/search/indexer"
    assert ids(viewer, "?sort=nonsense")[0] == "/search/etl"


def test_a_row_has_allocated_over_used_and_says_what_was_not_measured(viewer: Client) -> None:
    several()
    page = viewer.get(PAGE).content.decode().replace("\u00a0", " ")
    assert 'aria-label="CPU cores: 1 allocated, 0.4 used, p95 of 24 h"' in page
    assert 'aria-label="Memory: 2 GiB allocated, 1 GiB used, p95 of 24 h"' in page
    assert 'aria-label="Memory: 1 GiB allocated, not measured"' in page


def test_failures_of_a_day_have_ticks_and_five_ends_in_a_quarter_of_an_hour_are_a_crash_loop(viewer: Client) -> None:
    several()
    page = viewer.get(PAGE).content.decode().replace("\u00a0", " ")
    assert 'aria-label="5 failures in 24 h"' in page
    assert "Crash loop" in page and "Steady" in page


def test_what_a_narrow_screen_drops_stands_in_the_second_line_of_the_row(viewer: Client) -> None:
    several()
    page = viewer.get(PAGE).content.decode().replace("\u00a0", " ")
    assert '<span class="sub narrow-only">5 failures in 24 h · deployed 1 d ago</span>' in page


def test_a_failure_count_that_nobody_knows_is_not_none_in_the_second_line(viewer: Client) -> None:
    cluster = builders.cluster()
    listed_at(cluster, NOON, "apps")
    make_app(make_marathon(cluster, NOON), "/web", NOON, last_changed_at=None, last_scaled_at=None)
    assert "failures not known · last deploy not known" in viewer.get(PAGE).content.decode()


def test_the_filter_knows_groups_states_and_figures_and_names_what_it_cannot_read(viewer: Client) -> None:
    several()
    assert ids(viewer, "?q=group:/search") == ["/search/etl", "/search/indexer"]
    assert ids(viewer, "?state=waiting") == ["/search/indexer"]
    assert ids(viewer, "?q=mem.slack>=1") == ["/shop/web"]
    assert ids(viewer, "?q=failures>3") == ["/search/etl"]
    text = said(viewer.get(f"{PAGE}?q=group:/search colour:red"))
    assert "Showing 2 of 3 Apps" in text
    assert "Not applied colour:red begins with a word that is none" in text


def test_a_filter_that_hides_all_says_so_and_leads_back(viewer: Client) -> None:
    several()
    text = said(viewer.get(f"{PAGE}?q=nothing-like-it"))
    assert "No app matches The filter hides all of them. Clear" in text


def test_health_that_nobody_checks_is_an_empty_cell_of_the_csv(viewer: Client) -> None:
    cluster = builders.cluster()
    marathon = make_marathon(cluster, NOON)
    make_app(marathon, "/checked", NOON, healthy=0, unhealthy=2)
    make_app(marathon, "/unchecked", NOON, has_health_checks=False, healthy=0)
    answer = viewer.get(f"{PAGE}apps.csv")
    assert isinstance(answer, StreamingHttpResponse)
    rows = csv.DictReader(io.StringIO(b"".join(answer).decode()))
    assert {row["app_id"]: (row["healthy"], row["unhealthy"]) for row in rows} == {
        "/checked": ("0", "2"),
        "/unchecked": ("", ""),
    }


def test_old_lists_are_not_called_the_present(viewer: Client) -> None:
    cluster = builders.cluster()
    long_ago = NOON - timedelta(hours=1)
    listed_at(cluster, long_ago, "apps")
    make_app(make_marathon(cluster, long_ago), "/web", NOON)
    text = said(viewer.get(PAGE))
    assert "Stale What marathon runs was listed at 11:00:00" in text
    assert "1 without data" in text
    assert "No data" in text and "1 running" not in text


def test_one_of_two_marathons_that_is_silent_makes_only_its_own_apps_unknown(viewer: Client) -> None:
    cluster, *_ = several()
    other = make_marathon(cluster, NOON - timedelta(hours=1), key="marathon-user")
    make_app(other, "/batch", NOON)
    text = said(viewer.get(PAGE))
    assert "1 running, 1 without data, 2 need a look" in text
    assert "Stale What marathon-user runs" in text and "What marathon runs" not in text
    assert ids(viewer, "?q=state:nodata") == ["/batch"]
    assert ids(viewer, "?marathon=marathon-user") == ["/batch"]


def test_plain_mesos_without_a_marathon_says_how_one_is_registered(viewer: Client) -> None:
    builders.cluster(kind="mesos")
    text = said(viewer.get(PAGE))
    assert "No Marathon prod is plain Mesos, which does not say where its Marathons are." in text
    assert "manage.py add_cluster" in text


def test_a_cluster_that_was_not_asked_yet_is_learning(viewer: Client) -> None:
    builders.cluster()
    text = said(viewer.get(PAGE))
    assert "Learning No app is known yet." in text and "not asked yet" in text


def test_a_marathon_that_lists_nothing_has_no_app(viewer: Client) -> None:
    cluster = builders.cluster()
    listed_at(cluster, NOON, "apps")
    make_marathon(cluster, NOON)
    assert "No app Every Marathon of this cluster answered, and lists none." in said(viewer.get(PAGE))


def test_pods_have_a_tab_and_what_is_deployed_and_waits_is_counted(viewer: Client) -> None:
    _, waiting, _ = several()
    make_app(waiting.marathon, "/pod", NOON, kind="pod")
    make_deployment(waiting.marathon, NOON, "/shop/web")
    text = said(viewer.get(PAGE))
    assert "Apps 3 Pods 1 Deployments 1 Waiting 1 Tasks Frameworks" in text
    assert ids(viewer, "?kind=pod") == ["/pod"]


def test_an_id_that_is_markup_stands_as_text(viewer: Client) -> None:
    _, waiting, _ = several()
    make_app(waiting.marathon, "/<script>alert(1)</script>", NOON)
    page = viewer.get(PAGE).content.decode()
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page


def test_a_hundred_rows_are_a_page_and_the_sum_is_of_all(viewer: Client) -> None:
    cluster = builders.cluster()
    listed_at(cluster, NOON, "apps")
    marathon = make_marathon(cluster, NOON)
    for number in range(101):
        make_app(marathon, f"/app-{number:03}", NOON)
    text = said(viewer.get(PAGE))
    assert "1–100 of 101 apps Next page" in text
    assert "101 apps used: sum of the p95 of 0 202 of 202" in text
    assert "/app-100 " in said(viewer.get(f"{PAGE}?page=2"))


@pytest.mark.parametrize("more", [0, 20])
def test_the_number_of_queries_does_not_grow_with_the_apps(
    viewer: Client, more: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _, waiting, _ = several()
    for number in range(more):
        app = make_app(waiting.marathon, f"/more-{number}", NOON)
        make_failed_task(app.cluster, 100 + number, NOON - timedelta(hours=2), app=app)
    with django_assert_num_queries(QUERIES):
        viewer.get(PAGE)


def test_the_menu_counts_the_apps_that_need_a_look(viewer: Client) -> None:
    several()
    page = viewer.get(PAGE).content.decode()
    item = page.partition('href="/c/prod/apps/"')[2].partition("</a>")[0]
    assert "Apps" in item and ">2</span>" in item and 'class="n warn"' in item


def test_csv_has_amounts_in_their_units_and_nothing_for_what_is_not_known(viewer: Client) -> None:
    several()
    answer = viewer.get(f"{PAGE}apps.csv?q=web")
    assert isinstance(answer, StreamingHttpResponse)
    row: dict[str, Any] = next(csv.DictReader(io.StringIO(b"".join(answer).decode())))
    assert row["cpus_allocated"] == "1" and row["mem_allocated_bytes"] == str(int(2 * GIB))
    assert row["cpus_used_p95"] == "0.4" and row["failures_24h"] == "0"
    assert row["listed_at"].startswith(NOON.date().isoformat())
    other = viewer.get(f"{PAGE}apps.csv?q=etl")
    assert isinstance(other, StreamingHttpResponse)
    unmeasured: dict[str, Any] = next(csv.DictReader(io.StringIO(b"".join(other).decode())))
    assert unmeasured["cpus_used_p95"] == "" and unmeasured["failures_24h"] == "5"
