from __future__ import annotations

import csv
import io

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests import builders
from tests.builders import (
    agent,
    filesystem,
    host_metrics,
    node_health,
    report,
    summary,
    unit,
    write,
    write_use,
)
from tests.pages.conftest import words
from tests.pages.fleet import PAGE, QUERIES, ago, fleet, shown

pytestmark = pytest.mark.django_db


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
    assert '<a href="?role=master">Masters' in viewer.get(PAGE).content.decode()


def test_what_is_not_measured_is_a_dash_and_never_zero(viewer: Client) -> None:
    fleet(2, measured=1)
    said = words(viewer.get(PAGE)).replace("\u00a0", " ")
    assert "Use: 1 of 2 agents measured" in said
    assert "25 % — 25 % — 10 % — — — 0 —" in said
    assert "0 %" not in said.partition("Columns")[0].replace("10 %", "").replace("20 %", "")


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


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("is:public", ["10.0.0.1"]),
        ("-is:public cpu.used<30", ["10.0.0.2", "10.0.0.3"]),
        ("attr:rack=b*", ["10.0.0.2"]),
        ("tasks>2 zone:eu-a,eu-b", ["10.0.0.1", "10.0.0.2", "10.0.0.3"]),
        ("status:silent", []),
    ],
)
def test_the_filters_grammar_is_in_the_address(viewer: Client, query: str, found: list[str]) -> None:
    cluster = fleet(3)
    racked = agent("10.0.0.2", attributes={"rack": "b4"})
    write(cluster, summary(ago(1), agent("10.0.0.1", public=True), racked, agent("10.0.0.3")))
    assert shown(viewer, q=query) == found


def test_a_part_that_cannot_be_read_is_named_and_the_rest_applies(viewer: Client) -> None:
    fleet(3)
    page = viewer.get(PAGE, {"q": "rack:b4 is:public"})
    said = words(page)
    assert (
        "Not applied rack:b4 begins with a word that is none; put text with a colon in quotes. Allowed: is: ," in said
    )
    assert "Showing 1 of 3 Agents" in said.replace("\u00a0", " ")
    assert shown(viewer, q="rack:b4 is:public") == ["10.0.0.1"]


def test_a_framework_cannot_be_asked_for_before_containers_are_collected(viewer: Client) -> None:
    fleet(2)
    assert "framework:marathon cannot be answered" in words(viewer.get(PAGE, {"q": "framework:marathon"}))
    assert len(shown(viewer, q="framework:marathon")) == 2


def test_the_links_words_and_the_line_are_one_filter(viewer: Client) -> None:
    fleet(3)
    assert shown(viewer, **{"is": "private", "q": "cpu.used=25", "zone": "eu-a"}) == ["10.0.0.2", "10.0.0.3"]
    page = viewer.get(PAGE, {"is": "private", "q": "10.0", "sort": "-host"}).content.decode()
    assert 'href="?q=10.0&amp;is=public&amp;sort=-host"' in page
    assert '<input type="hidden" name="is" value="private">' in page


def test_text_of_the_address_and_of_the_cluster_is_read_and_never_run(viewer: Client) -> None:
    evil = '"><script>alert(1)</script>\u202e'
    cluster, at = builders.cluster(), ago(1)
    listed = agent("10.0.0.1", hostname=evil, zone=evil, region=evil, attributes={evil: evil}, agent_id=evil)
    write(cluster, summary(at, listed))
    write_use(cluster, host_metrics("10.0.0.1", at, filesystems=(filesystem(evil, 50, 50),)), now=at)
    for query in ({}, {"cols": "host,hostname,region,attributes,id,type,disk"}, {"view": "grid"}, {"view": "heat"}):
        page = viewer.get(PAGE, {**query, "q": f"rack:{evil}"}).content.decode()
        assert "<script>alert" not in page, query
    assert "&lt;U+202E&gt;" in viewer.get(PAGE, {"cols": "host,attributes"}).content.decode()


def test_changes_of_state_in_the_past_day_are_counted(viewer: Client) -> None:
    cluster = fleet(2)
    for seconds in (40, 30, 20):
        write(cluster, summary(ago(seconds), agent("10.0.0.1"), agent("10.0.0.2", active=seconds != 30)))
    assert shown(viewer, sort="-flaps") == ["10.0.0.2", "10.0.0.1"]
    row = viewer.get(PAGE).content.decode().partition('nodes/10.0.0.2/">')[2].partition("</tr>")[0]
    assert 'data-label="Flaps 24 h"><b>2</b>' in row


@pytest.mark.parametrize("agents", [3, 60])
def test_the_price(viewer: Client, agents: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    fleet(agents)
    with django_assert_num_queries(QUERIES):
        viewer.get(PAGE)
