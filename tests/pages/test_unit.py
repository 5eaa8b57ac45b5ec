from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import Resolver404, resolve
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster
from dashboard.pages.paging import MOST_ROWS
from tests import builders
from tests.builders import node_health, report, unit, write
from tests.pages.conftest import words

pytestmark = pytest.mark.django_db
PAGE = "/c/prod/components/dcos-net.service/"
QUERIES = 10
"""Session, user, role, cluster, four of the unit, clusters of the switcher, age in the bar."""


@pytest.fixture(autouse=True)
def told() -> datetime:
    """Three nodes, half a minute ago: .1 unhealthy here, .2 unhealthy through another unit, .3 dark."""
    now = timezone.now()
    cluster = builders.cluster()
    healthy = [node_health(f"10.0.0.{last}", unit(), health=0) for last in (1, 2, 3)]
    write(cluster, report(now - timedelta(seconds=90), *healthy))
    other = unit("other.service", 1)
    nodes = (node_health("10.0.0.1", unit(health=1)), node_health("10.0.0.2", unit(), other, health=1))
    write(cluster, report(now - timedelta(seconds=30), *nodes, node_health("10.0.0.3", dark=True)))
    return now


def rows(text: str) -> list[str]:
    return re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a>', text)


def test_health_is_that_of_this_unit_and_the_nodes_own_stands_beside_it(viewer: Client) -> None:
    page = viewer.get(PAGE)
    said = words(page)
    assert "Components net.service (Unhealthy) 3 Health Checks 1 healthy, 1 unhealthy, 1 no data." in said
    assert rows(page.content.decode()) == ["10.0.0.1", "10.0.0.3", "10.0.0.2"]
    assert "Healthy 10.0.0.2 Agent Unhealthy" in said
    assert "No data was Healthy 10.0.0.3 Agent No data diagnostics on this node did not answer" in said
    assert "Health is this unit on this node. Node overall is what diagnostics says of the whole node" in said


def test_the_list_of_states_adds_up(viewer: Client) -> None:
    options = re.findall(r"<option[^>]*>([^<]*)</option>", viewer.get(PAGE).content.decode())
    assert options == ["All Health Checks", "Healthy 1", "Unhealthy 1", "No data 1"]


def test_the_filter_works_by_address_alone(viewer: Client) -> None:
    assert rows(viewer.get(PAGE, {"health": "unhealthy"}).content.decode()) == ["10.0.0.1"]
    assert rows(viewer.get(PAGE, {"q": "0.0.2"}).content.decode()) == ["10.0.0.2"]
    assert "No node matches" in words(viewer.get(PAGE, {"q": "zzz"}))


def test_the_order_is_in_the_address(viewer: Client) -> None:
    assert rows(viewer.get(PAGE, {"sort": "-node"}).content.decode()) == ["10.0.0.3", "10.0.0.2", "10.0.0.1"]
    for order in ("health", "role", "overall", "since", "flips", "age", "node__credential"):
        assert len(rows(viewer.get(PAGE, {"sort": order}).content.decode())) == 3


def test_of_many_nodes_the_worst_are_on_the_first_page_and_only_the_server_filters(viewer: Client) -> None:
    now, many = timezone.now(), 2 * MOST_ROWS
    healthy = [node_health(f"10.1.{last // 200}.{last % 200}", unit()) for last in range(many - 1)]
    write(Cluster.objects.get(), report(now, *healthy, node_health("10.9.9.9", unit(health=1), health=1)))
    first = viewer.get(PAGE).content.decode()
    assert len(rows(first)) == MOST_ROWS and rows(first)[0] == "10.9.9.9"
    assert "data-filter" not in first
    assert f"1–{MOST_ROWS} of {many + 3} nodes" in first and 'href="?page=2"' in first
    assert rows(viewer.get(PAGE, {"q": "10.1.1.7"}).content.decode())[0] == "10.1.1.7"
    assert len(rows(viewer.get(PAGE, {"page": "3"}).content.decode())) == 3


def test_an_unknown_unit_is_a_404_in_words(viewer: Client) -> None:
    answer = viewer.get("/c/prod/components/dcos-nothing.service/")
    assert answer.status_code == 404 and "There is nothing at this address" in answer.content.decode()


def test_the_price(viewer: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(QUERIES):
        viewer.get(PAGE)


def test_a_nul_in_an_address_never_reaches_the_database(viewer: Client) -> None:
    for address in ("/c/prod/components/\0/", f"{PAGE}nodes/\0/"):
        with pytest.raises(Resolver404):
            resolve(address)
    assert viewer.get("/c/prod/components/%00/").status_code == 404


def test_what_cannot_be_seen_in_a_clusters_version_is_written_out(viewer: Client) -> None:
    Cluster.objects.update(dcos_version="1.13\u202e")
    page = viewer.get(PAGE).content.decode()
    assert "1.13&lt;U+202E&gt;" in page and "\u202e" not in page
