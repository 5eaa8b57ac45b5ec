from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import App, Cluster, Marathon
from dashboard.queries import apps_filter, apps_in_words, apps_now, apps_query
from dashboard.queries.apps_row import CRASH_LOOP, RESTARTING, STEADY, UNKNOWN, AppRow
from tests import builders
from tests.applications import GIB, listed_at, make_app, make_failed_task, make_marathon, make_wait
from tests.builders import NOON

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def cluster() -> Cluster:
    cluster = builders.cluster()
    listed_at(cluster, NOON, "apps")
    listed_at(cluster, NOON)
    return cluster


@pytest.fixture
def marathon(cluster: Cluster) -> Marathon:
    return make_marathon(cluster, NOON)


def row(cluster: Cluster, app_id: str = "/web") -> AppRow:
    return next(row for row in apps_now.listing(cluster, NOON).rows if row.app.app_id == app_id)


def kept(cluster: Cluster, query: str) -> list[str]:
    asked = apps_query.parse(query)
    assert not asked.problems
    return [row.app.app_id for row in apps_filter.filtered(apps_now.listing(cluster, NOON).rows, asked)]


def test_the_worst_stand_first_and_those_that_are_gone_do_not(cluster: Cluster, marathon: Marathon) -> None:
    make_app(marathon, "/a", NOON)
    make_app(marathon, "/b", NOON, state=App.State.WAITING)
    make_app(marathon, "/c", NOON, state=App.State.UNHEALTHY)
    make_app(marathon, "/old", NOON, gone_at=NOON)
    assert [row.app.app_id for row in apps_now.listing(cluster, NOON).rows] == ["/c", "/b", "/a"]


def test_failures_are_of_a_day_and_restarts_of_a_quarter_of_an_hour(cluster: Cluster, marathon: Marathon) -> None:
    app = make_app(marathon, "/web", NOON)
    for number, ago in enumerate((MINUTE, 2 * MINUTE, HOUR, 23 * HOUR, 25 * HOUR)):
        make_failed_task(cluster, number, NOON - ago, app=app)
    make_failed_task(cluster, 8, NOON - MINUTE, app=app, state="TASK_FINISHED")
    make_failed_task(cluster, 9, NOON - MINUTE, app=app, state="TASK_KILLED")
    found = row(cluster)
    assert (found.failures, found.restarts, found.restarting) == (4, 3, RESTARTING)
    assert apps_now.failed_at([found], NOON)[app.pk] == [NOON - ago for ago in (MINUTE, 2 * MINUTE, HOUR, 23 * HOUR)]


def test_four_that_ended_by_themselves_are_a_crash_loop_and_none_is_steady(
    cluster: Cluster, marathon: Marathon
) -> None:
    app = make_app(marathon, "/web", NOON)
    assert row(cluster).restarting == STEADY
    for number in range(4):
        make_failed_task(cluster, number, NOON - number * MINUTE, app=app)
    assert row(cluster).restarting == CRASH_LOOP


def test_what_was_never_listed_is_not_zero() -> None:
    cluster = builders.cluster()
    listed_at(cluster, NOON, "apps")
    make_app(make_marathon(cluster, NOON), "/web", NOON)
    found = row(cluster)
    assert (found.failures, found.restarts, found.restarting) == (None, None, UNKNOWN)


def test_old_tasks_tell_failures_but_not_who_restarts_now(cluster: Cluster, marathon: Marathon) -> None:
    app = make_app(marathon, "/web", NOON)
    listed_at(cluster, NOON - HOUR)
    make_failed_task(cluster, 1, NOON - 2 * HOUR, app=app)
    assert (row(cluster).failures, row(cluster).restarts) == (1, None)


def test_of_a_marathon_that_fell_silent_only_its_own_apps_are_unknown(cluster: Cluster, marathon: Marathon) -> None:
    make_app(marathon, "/web", NOON)
    late = make_marathon(cluster, NOON - HOUR, key="user")
    make_app(late, "/old", NOON, state=App.State.UNHEALTHY)
    found = apps_now.listing(cluster, NOON)
    assert [one.key for one in found.stale] == ["user"] and not found.silent
    assert (row(cluster).state.word, row(cluster, "/old").state.word) == ("Running", "No data")
    assert not row(cluster, "/old").needs_a_look
    assert apps_in_words.counted(found.rows) == "1 running, 1 without data, none needs a look"
    assert kept(cluster, "state:nodata") == ["/old"] and kept(cluster, "state:unhealthy") == []


def test_what_the_fewest_offers_have_is_named(cluster: Cluster, marathon: Marathon) -> None:
    app = make_app(marathon, "/web", NOON, state=App.State.WAITING)
    make_wait(app, NOON)
    named = apps_in_words.named(apps_now.listing(cluster, NOON).rows)
    lacking = apps_now.wait_for(named)
    assert apps_in_words.phrase(named[0], lacking) == "waits for memory"
    assert apps_in_words.phrase(named[0], {}) == "waits for an offer that fits"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search", ["/search/api", "/search/shards"]),
        ("group:/search", ["/search/api", "/search/shards"]),
        ("group:/sea", []),
        ("-group:/search", ["/web"]),
        ("state:waiting", ["/search/api"]),
        ("label:team=core", ["/search/api"]),
        ("label:TEAM", ["/search/api"]),
        ("role:prod", ["/web"]),
        ("image:*nginx*", ["/web"]),
        ("marathon:marathon", ["/search/api", "/search/shards", "/web"]),
        ("mem.slack>1", ["/web"]),
        ("mem.slack<=1", []),
        ("-mem.slack>1", []),
        ("mem.alloc=2 -state:waiting", ["/search/shards", "/web"]),
        ("cpu.used=0.3", ["/web"]),
        ("instances>2", ["/search/api"]),
        ("failures=0 restarts:steady", ["/search/api", "/search/shards", "/web"]),
    ],
)
def test_the_filter_keeps_what_is_known_to_hold(
    cluster: Cluster, marathon: Marathon, query: str, found: list[str]
) -> None:
    make_app(marathon, "/search/api", NOON, state=App.State.WAITING, instances=3, labels={"team": "core"})
    make_app(marathon, "/search/shards", NOON)
    used = {"cpus_used_p95": 0.3, "mem_used_p95_bytes": GIB / 2}
    make_app(marathon, "/web", NOON, role="prod", image="library/nginx:1.27", **used)
    assert kept(cluster, query) == found


def test_the_list_costs_four_queries_whatever_its_length(
    cluster: Cluster, marathon: Marathon, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        app = make_app(marathon, f"/web-{number}", NOON)
        make_failed_task(cluster, number, NOON, app=app)
    with django_assert_num_queries(4):
        assert len(apps_now.listing(cluster, NOON).rows) == 30
