from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster
from tests import builders
from tests.builders import (
    agent,
    filesystem,
    host_metrics,
    master,
    node_health,
    report,
    summary,
    unit,
    write,
    write_masters,
    write_use,
)
from tests.pages.conftest import words

pytestmark = pytest.mark.django_db
PAGE = "/c/prod/nodes/"
QUERIES = 13
"""Session, user, role, cluster, seven of the nodes, clusters of the switcher, age in the bar."""


def ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)


def fleet(agents: int = 3, *, seconds_ago: float = 2, measured: int | None = None) -> Cluster:
    """Agents 10.0.0.1 and on, the first of them public; the first `measured` of them (all) tell their use."""
    cluster, at = builders.cluster(), ago(seconds_ago)
    hosts = [f"10.0.{number // 250}.{number % 250 + 1}" for number in range(agents)]
    write_masters(cluster, master(at=at), now=at)
    write(cluster, summary(at, *(agent(host, public=host == "10.0.0.1") for host in hosts)))
    told = hosts if measured is None else hosts[:measured]
    if told:
        write_use(cluster, *(host_metrics(host, at) for host in told), now=at)
    return cluster


def shown(client: Client, **query: str) -> list[str]:
    """The hosts of the table, from top to bottom."""
    page = client.get(PAGE, query).content.decode()
    return re.findall(r'<th scope="row"><a href="/c/prod/nodes/([^/]+)/">', page)


def test_each_agent_has_allocation_over_use_for_each_resource(viewer: Client) -> None:
    fleet(1)
    page = viewer.get(PAGE).content.decode().replace("\u00a0", " ")
    assert 'aria-label="CPU: 25 % allocated, 25 % used"' in page
    assert 'aria-label="Memory: 25 % allocated, 25 % used"' in page
    assert 'aria-label="Disk: 10 % allocated, 33 % used"' in page
    assert "0.38" in page and "Use: 1 of 1 agent measured" in page


def test_the_head_counts_states_and_kinds_and_leads_to_the_masters(viewer: Client) -> None:
    cluster = fleet(3)
    write(cluster, summary(ago(1), agent("10.0.0.1", public=True), agent("10.0.0.2"), agent("10.0.0.3", active=False)))
    said = words(viewer.get(PAGE))
    assert said.startswith("3 Agents 2 active, 1 silent. 2 private, 1 public.")
    assert "Agents 3 Masters 1" in said
    assert 'href="/c/prod/masters/">Masters' in viewer.get(PAGE).content.decode()


def test_what_is_not_measured_is_a_dash_and_never_zero(viewer: Client) -> None:
    fleet(2, measured=1)
    said = words(viewer.get(PAGE)).replace("\u00a0", " ")
    assert "Use: 1 of 2 agents measured" in said
    assert "25 % — 25 % — 10 % — — — —" in said
    assert "0 %" not in said.replace("10 %", "").replace("20 %", "")


def test_plain_mesos_shows_allocation_and_says_why_use_is_missing(viewer: Client) -> None:
    write(builders.cluster(kind="mesos"), summary(ago(1)))
    said = words(viewer.get(PAGE)).replace("\u00a0", " ")
    assert "Not measured prod is plain Mesos, which says what it allocates and not what machines use." in said
    assert "25 % —" in said and "n/a" in said


def test_the_worst_stand_first_and_are_marked(viewer: Client) -> None:
    cluster = fleet(4)
    full = host_metrics("10.0.0.4", ago(1), filesystems=(filesystem("/", 95, 5),))
    write_use(cluster, full, now=ago(1))
    write(cluster, report(ago(1), node_health("10.0.0.3", unit(health=1)), node_health("10.0.0.1")))
    lost = agent("10.0.0.2", active=False)
    write(cluster, summary(ago(1), agent("10.0.0.1"), lost, agent("10.0.0.3"), agent("10.0.0.4")))
    assert shown(viewer) == ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.1"]
    page = viewer.get(PAGE).content.decode()
    assert page.count('class="r-bad"') == 2 and page.count('class="r-warn"') == 1
    assert "Nearly full" in page and "0 of 1" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"is": "public"}, ["10.0.0.1"]),
        ({"is": "private"}, ["10.0.0.2", "10.0.0.3"]),
        ({"q": "0.0.3"}, ["10.0.0.3"]),
        ({"zone": "eu-a", "q": "0.2"}, ["10.0.0.2"]),
        ({"zone": "nowhere"}, []),
        ({"is": "1' OR 1=1"}, ["10.0.0.1", "10.0.0.2", "10.0.0.3"]),
        ({"sort": "-host"}, ["10.0.0.3", "10.0.0.2", "10.0.0.1"]),
        ({"sort": "password"}, ["10.0.0.1", "10.0.0.2", "10.0.0.3"]),
    ],
)
def test_filter_and_order_are_in_the_address(viewer: Client, query: dict[str, str], found: list[str]) -> None:
    fleet(3)
    assert shown(viewer, **query) == found


def test_a_filter_that_hides_all_says_so_and_leads_back(viewer: Client) -> None:
    fleet(2)
    page = viewer.get(PAGE, {"q": "nowhere"})
    assert "No agent matches The filter hides all of them. Clear" in words(page)
    assert "Showing 0 of 2 Agents" in words(page).replace("\u00a0", " ")


def test_a_column_is_sorted_by_use_as_well_as_by_allocation(viewer: Client) -> None:
    cluster = fleet(3)
    write_use(cluster, host_metrics("10.0.0.2", ago(1), metrics={"cpu.total": 90.0}), now=ago(1))
    assert shown(viewer, sort="-cpu_used")[0] == "10.0.0.2"
    head = viewer.get(PAGE, {"sort": "-cpu_used"}).content.decode().partition("<tbody>")[0]
    assert '<th scope="col" aria-sort="descending">CPU<br>' in head
    assert '<a href="?sort=cpu_used" class="by">used</a>' in head


def test_a_page_holds_a_hundred_rows_and_leads_to_the_others(viewer: Client) -> None:
    fleet(230, measured=0)
    assert [len(shown(viewer, page=number)) for number in ("1", "2", "3")] == [100, 100, 30]
    assert len(shown(viewer, page="99")) == 30 and len(shown(viewer, page="-1")) == 100
    assert len({host for number in "123" for host in shown(viewer, page=number)}) == 230
    page = viewer.get(PAGE, {"page": "2", "sort": "-host", "zone": "eu-a"})
    assert "101–200 of 230 agents" in words(page).replace("\u00a0", " ")
    assert 'href="?zone=eu-a&amp;sort=-host&amp;page=3"' in page.content.decode()


def test_old_figures_are_grey_and_no_agent_is_called_active(viewer: Client) -> None:
    fleet(2, seconds_ago=600)
    page = viewer.get(PAGE)
    assert '<table class="data stick lv flush stale"' in page.content.decode()
    assert "2 without data." in words(page) and "Active" not in words(page)


def test_before_the_first_answer_the_page_is_learning(viewer: Client) -> None:
    builders.cluster()
    said = words(viewer.get(PAGE))
    assert said.startswith("Nodes") and "Learning No agent is known yet." in said


def test_a_cluster_without_agents_says_so(viewer: Client) -> None:
    cluster = fleet(1)
    cluster.nodes.all().delete()
    assert "This cluster has no agent" in words(viewer.get(PAGE))


def test_the_csv_holds_what_the_filter_shows(viewer: Client) -> None:
    fleet(3, measured=1)
    answer = viewer.get("/c/prod/nodes/nodes.csv", {"q": "10.0.0"})
    assert isinstance(answer, StreamingHttpResponse)
    header, *rows = csv.reader(io.StringIO(b"".join(answer).decode()))
    found = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    assert set(found) == {"10.0.0.1", "10.0.0.2", "10.0.0.3"}
    assert (found["10.0.0.1"]["type"], found["10.0.0.1"]["cpu_used_ratio"]) == ("public", "0.25")
    assert (found["10.0.0.2"]["cpus_allocated"], found["10.0.0.2"]["cpu_used_ratio"]) == ("1", "")
    assert answer["Content-Disposition"] == 'attachment; filename="prod-nodes.csv"'


def test_an_unknown_cluster_is_a_404(viewer: Client) -> None:
    assert viewer.get("/c/nowhere/nodes/").status_code == 404


@pytest.mark.parametrize("agents", [3, 60])
def test_the_price(viewer: Client, agents: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    fleet(agents)
    with django_assert_num_queries(QUERIES):
        viewer.get(PAGE)
