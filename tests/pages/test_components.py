from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from collectors.errors import Outcome, PollError
from dashboard.models import Cluster
from dashboard.store import ingest
from dashboard.store.writing import Writing
from tests import builders
from tests.builders import node_health, report, unit, write
from tests.pages.conftest import words

pytestmark = pytest.mark.django_db
PAGE = "/c/prod/components/"
QUERIES = 11
"""Session, user, role, cluster, five of the overview, clusters of the switcher, age in the bar."""


@pytest.fixture
def now() -> datetime:
    return timezone.now().replace(microsecond=0)


def told(now: datetime, *, seconds_ago: float = 20, nodes: int = 2) -> Cluster:
    cluster = builders.cluster()
    units = [unit("dcos-net.service", 1), unit("dcos-dns.service"), unit("dcos-net.socket")]
    rest = [node_health(f"10.0.0.{last + 2}", *units[1:]) for last in range(nodes - 1)]
    write(cluster, report(now - timedelta(seconds=seconds_ago), node_health("10.0.0.1", *units, health=1), *rest))
    return cluster


def names(answer_text: str) -> list[str]:
    return re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a>', answer_text)


def test_all_components_worst_first_with_their_counts(viewer: Client, now: datetime) -> None:
    told(now)
    page = viewer.get(PAGE)
    assert "3 Components" in words(page)
    assert "2 healthy, 1 unhealthy; each counts as it is on the worst of its nodes." in words(page)
    assert "all 2 nodes answered" in words(page) and "All 3 Healthy 2 Unhealthy 1" in words(page)
    assert "Warning" not in words(page) and "N/A" not in words(page)
    assert names(page.content.decode())[0] == "net.service"


def test_a_filter_says_how_many_it_shows_and_can_be_cleared(viewer: Client, now: datetime) -> None:
    told(now)
    page = viewer.get(PAGE, {"q": "net", "health": "healthy"})
    assert "Showing 1 of 3 Components (Clear)" in words(page)
    assert names(page.content.decode()) == ["net.socket"]
    assert 'name="q" value="net"' in page.content.decode() and 'name="health" value="healthy"' in page.content.decode()


def test_filtered_to_nothing_is_not_an_error(viewer: Client, now: datetime) -> None:
    told(now)
    assert "No component matches The filter hides all of them. Clear" in words(viewer.get(PAGE, {"q": "zzz"}))


def test_the_order_is_in_the_address_and_only_from_a_list(viewer: Client, now: datetime) -> None:
    told(now)
    by_name = names(viewer.get(PAGE, {"sort": "-name"}).content.decode())
    assert by_name == ["net.socket", "net.service", "dns.service"]
    for order in ("unit", "health", "nodes", "since", "flips", "runs_on", "cluster__credential"):
        assert len(names(viewer.get(PAGE, {"sort": order}).content.decode())) == 3


def test_a_late_report_says_so(viewer: Client, now: datetime) -> None:
    told(now, seconds_ago=200)
    assert "Late The health report is 3 min old" in words(viewer.get(PAGE))


def test_when_the_report_is_gone_all_is_no_data_and_says_what_it_was(viewer: Client, now: datetime) -> None:
    cluster = told(now, seconds_ago=3600)
    failing = Writing(cluster=cluster, tick=0, now=now)
    ingest.failure(failing, "component_health", PollError(Outcome.REFUSED, "10.0.0.101:443"), duration_seconds=1)
    said = words(viewer.get(PAGE))
    assert "All 3 Healthy 0 Unhealthy 0 No data 3" in said
    assert "No data was Unhealthy" in said and "No data was Healthy" in said
    assert "What the components are now is not known" in said
    assert "Last poll: connection refused — 10.0.0.101:443" in said
    assert "— / 1" in said and "0 / 1" not in said


def test_a_dark_node_is_named_with_its_reason(viewer: Client, now: datetime) -> None:
    cluster = told(now, seconds_ago=80)
    write(cluster, report(now - timedelta(seconds=20), node_health("10.0.0.1", dark=True), node_health("10.0.0.2")))
    said = words(viewer.get(PAGE))
    assert "10.0.0.1 (diagnostics on this node did not answer, since" in said
    assert "1 of 2 nodes answered" in said


def test_before_the_first_report_it_says_what_is_being_waited_for(viewer: Client) -> None:
    builders.cluster()
    said = words(viewer.get(PAGE))
    assert said.endswith("No health report yet Diagnostics is asked every 1 min. Last poll: not asked yet. Collection")
    assert "Download Snapshot" not in said


def test_plain_mesos_explains_itself_and_is_not_in_its_menu(viewer: Client) -> None:
    builders.cluster("lab", kind="mesos")
    page = viewer.get("/c/lab/components/")
    assert "Not offered lab is plain Mesos." in words(page)
    assert 'href="/c/lab/components/"' not in page.content.decode()
    assert viewer.get("/c/lab/components/snapshot/").status_code == 404


def test_the_snapshot_is_a_file(viewer: Client, now: datetime) -> None:
    told(now)
    answer = viewer.get(f"{PAGE}snapshot/")
    assert answer["Content-Disposition"] == 'attachment; filename="health-report.json"'
    assert answer["Content-Type"] == "application/json"
    assert set(json.loads(answer.content)) == {"Units", "Nodes", "UpdatedTime", "DayTwo"}


def test_an_unknown_cluster_is_a_404_in_words(viewer: Client) -> None:
    answer = viewer.get("/c/nowhere/components/")
    assert answer.status_code == 404 and "There is nothing at this address" in answer.content.decode()


def test_names_of_any_kind_link_and_break_nothing(viewer: Client, now: datetime) -> None:
    hostile = [
        "a/b.service",
        "../../admin",
        "x\n.service",
        "<script>alert(1)</script>",
        "ünit?.service#x",
        "%2e",
        "snapshot",
    ]
    write(builders.cluster(), report(now, node_health("10.0.0.1", *(unit(name) for name in hostile))))
    page = viewer.get(PAGE).content.decode()
    assert "<script>alert" not in page and "x&lt;U+000A&gt;.service" in page
    links = re.findall(r'<th scope="row"><a href="([^"]*)"', page)
    assert len(links) == len(hostile)
    for link in links:
        assert link.startswith("/c/prod/components/") and viewer.get(link).status_code == 200


def test_every_block_that_is_refreshed_has_an_id_and_the_form_stands_outside(viewer: Client, now: datetime) -> None:
    told(now)
    page = viewer.get(PAGE).content.decode()
    assert re.findall(r'id="([^"]*)" data-refresh', page) == [
        "data-age",
        "banners",
        "head",
        "notes",
        "counts",
        "list",
        "printed",
    ]
    assert "data-filter" not in page.partition('id="list" data-refresh')[2]


@pytest.mark.parametrize("nodes", [1, 12])
def test_the_price_does_not_grow_with_the_cluster(
    viewer: Client, now: datetime, nodes: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    told(now, nodes=nodes)
    with django_assert_num_queries(QUERIES):
        viewer.get(PAGE)
