"""The nodes as grid and as heat map, the masters among them, and which columns the list has."""

from __future__ import annotations

import csv
import io

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from collectors.records import Resources
from tests import builders
from tests.builders import GIB, agent, host_metrics, summary, write, write_use
from tests.pages.conftest import words
from tests.pages.fleet import PAGE, QUERIES, ago, fleet, shown

pytestmark = pytest.mark.django_db


def test_columns_are_chosen_in_the_address_by_link_or_by_form(viewer: Client) -> None:
    cluster = fleet(1)
    write(cluster, summary(ago(1), agent("10.0.0.1", attributes={"rack": "b4"})))
    page = viewer.get(PAGE, {"cols": "hostname,attributes,network,lovely"})
    head = words(page).partition("Agents, worst first")[2]
    assert head.strip().startswith("Host State Host name Attributes Network in / out 10.0.0.1 Active 10.0.0.1 rack:b4")
    boxes = viewer.get(f"{PAGE}?cols=host&cols=id").content.decode()
    assert "id-of-10.0.0.1</td>" in boxes and 'value="id" checked' in boxes and 'value="cpu">' in boxes
    assert "cols=id" in boxes.partition("<thead>")[2].partition("</thead>")[0].replace("host%2Cid", "id")


def test_gpus_have_a_column_by_themselves_where_an_agent_has_some(viewer: Client) -> None:
    cluster = fleet(2)
    assert "GPU" not in words(viewer.get(PAGE)).partition("worst first")[2].partition("10.0.0.1")[0]
    total = Resources(cpus=4, mem_bytes=8 * GIB, disk_bytes=100 * GIB, gpus=4)
    allocated = Resources(cpus=1, mem_bytes=2 * GIB, disk_bytes=10 * GIB, gpus=2)
    write(cluster, summary(ago(1), agent("10.0.0.1", total=total, allocated=allocated), agent("10.0.0.2")))
    said = words(viewer.get(PAGE)).replace("\u00a0", " ")
    assert "GPU" in said.partition("worst first")[2].partition("10.0.0.1")[0] and "2 of 4" in said and "n/a" in said


def test_masters_are_rows_with_the_use_of_their_machines(viewer: Client) -> None:
    cluster = fleet(1)
    at = ago(2)
    busy = host_metrics("10.0.0.101", at, role="master", metrics={"cpu.total": 60.0})
    write_use(cluster, busy, now=at)
    page = viewer.get(PAGE, {"role": "master"})
    said = words(page).replace("\u00a0", " ")
    assert said.startswith("1 Master 1 leading. Who leads, and how far behind it is")
    assert 'href="/c/prod/masters/">Who leads' in page.content.decode()
    assert "10.0.0.101 Leading n/a 60 % 25 % 33 %" in said
    assert 'aria-label="CPU: 60 % used"' in page.content.decode().replace("\u00a0", " ")
    assert shown(viewer, role="master", q="status:leading cpu.used>50") == ["10.0.0.101"]
    assert "No master matches" in words(viewer.get(PAGE, {"role": "master", "q": "status:standby"}))


def test_the_grid_has_a_square_for_each_node_with_its_words(viewer: Client) -> None:
    cluster = fleet(3, measured=2)
    write(cluster, summary(ago(1), agent("10.0.0.1"), agent("10.0.0.2", zone="eu-b"), agent("10.0.0.3", active=False)))
    page = viewer.get(PAGE, {"view": "grid", "q": "10.0"}).content.decode().replace("\u00a0", " ")
    assert '<a class="good" href="/c/prod/nodes/10.0.0.1/" title="10.0.0.1: Active, CPU used 25 %">' in page
    assert '<a class="bad" href="/c/prod/nodes/10.0.0.3/" title="10.0.0.3: Silent, CPU used: not known">' in page
    assert '<rect y="75%" width="100%" height="25%"/>' in page
    said = words(viewer.get(PAGE, {"view": "grid"})).replace("\u00a0", " ")
    assert "eu-a 2 Agents" in said and "eu-b 1 Agent" in said and "silent, or with unhealthy units" in said
    assert 'href="?q=10.0">The same as a table' in page and 'href="?view=grid&amp;by=mem.alloc&amp;q=10.0"' in page
    assert "r-disk used" in viewer.get(PAGE, {"view": "grid", "by": "disk.used"}).content.decode()


def test_plain_mesos_fills_the_grid_by_allocation(viewer: Client) -> None:
    write(builders.cluster(kind="mesos"), summary(ago(1)))
    page = viewer.get(PAGE, {"view": "grid"}).content.decode().replace("\u00a0", " ")
    assert "10.0.0.1: Active, CPU allocated 25 %" in page and "by=cpu.used" not in page


def test_the_heat_map_has_a_line_for_each_node_and_hatches_gaps(viewer: Client) -> None:
    cluster = fleet(2, seconds_ago=200)
    for seconds in (60, 1):
        write_use(cluster, host_metrics("10.0.0.1", ago(seconds), metrics={"cpu.total": 95.0}), now=ago(seconds))
    write(cluster, summary(ago(1), agent("10.0.0.1"), agent("10.0.0.2")))
    page = viewer.get(PAGE, {"view": "heat", "range": "1h"})
    html, said = page.content.decode(), words(page).replace("\u00a0", " ")
    assert "Silent nodes first, then those with the highest share now." in said and "a step is 1 min" in said
    first, second = html.partition("<tbody>")[2].split("</tr>")[:2]
    assert "10.0.0.1" in first and 'class="h5"' in first and "not measured</title>" in first
    assert "10.0.0.2" in second and 'aria-label="CPU used, 1' in second
    assert 'href="/c/prod/nodes/over-time.csv?range=1h"' in html
    assert "In the order of the list." in words(viewer.get(PAGE, {"view": "heat", "sort": "-host"}))


def test_the_heat_map_says_how_many_are_left_out(viewer: Client) -> None:
    fleet(64, measured=0)
    assert "4 nodes left out" in words(viewer.get(PAGE, {"view": "heat"})).replace("\u00a0", " ")


def test_the_heat_map_as_csv(viewer: Client) -> None:
    fleet(2)
    answer = viewer.get("/c/prod/nodes/over-time.csv", {"q": "10.0.0.1", "by": "mem.used", "range": "1h"})
    assert isinstance(answer, StreamingHttpResponse)
    header, *rows = csv.reader(io.StringIO(b"".join(answer).decode()))
    assert header[:2] == ["host", "basis"] and len(header) == len(rows[0]) == 63
    assert rows[0][:2] == ["10.0.0.1", "mem.used"] and set(rows[0][2:]) == {"", "0.25"}


@pytest.mark.parametrize(
    ("query", "more"),
    [
        ({"view": "grid"}, -1),
        ({"view": "heat", "range": "1h"}, 2),
        ({"cols": "host,attributes,network,flaps"}, 2),
        ({"q": "attr:rack=b4"}, 1),
        ({"q": "framework:x"}, 2),
        ({"role": "master"}, -1),
    ],
)
def test_the_price_of_each_view(
    viewer: Client, query: dict[str, str], more: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    fleet(30)
    with django_assert_num_queries(QUERIES + more):
        viewer.get(PAGE, query)
