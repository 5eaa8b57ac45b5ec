from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.http import StreamingHttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from dashboard import csv_file
from dashboard.models import Cluster, Collection, Reading, Subject
from dashboard.queries.window import LONG_RANGES
from dashboard.roles import Role, grant
from tests import builders
from tests.builders import agent, filesystem, host_metrics, summary, write, write_use

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def signed_in(client: Client) -> None:
    user = User.objects.create_user("ana")
    grant(user, Role.VIEWER)
    client.force_login(user)


def ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)


def watched(*seconds_ago: float, agents: int = 1) -> Cluster:
    # One moment for all: readings taken while the clock goes on would lie in other ticks.
    cluster, now = builders.cluster(), timezone.now()
    for seconds in seconds_ago:
        write(
            cluster, summary(now - timedelta(seconds=seconds), *(agent(f"10.0.0.{number}") for number in range(agents)))
        )
    return cluster


def shown(client: Client, query: str = "") -> str:
    answer = client.get(f"/c/prod/capacity/{query}")
    assert answer.status_code == 200
    return answer.content.decode().replace("\u00a0", " ")


def rows(client: Client, query: str = "") -> list[list[str]]:
    answer = client.get(f"/c/prod/capacity/capacity.csv{query}")
    assert isinstance(answer, StreamingHttpResponse)
    return list(csv.reader(io.StringIO(b"".join(answer).decode())))


def test_each_resource_the_cluster_has_gets_a_chart_whose_title_is_the_answer(client: Client) -> None:
    watched(20, 10, 1)
    html = shown(client)
    assert html.count("data-chart") == 3
    assert "CPU allocation stayed at 25 % of 4 cores" in html
    assert "GPU allocation" not in html


def test_the_same_numbers_stand_in_a_table_before_any_script_runs(client: Client) -> None:
    watched(*range(100, 0, -10))  # the table holds every eighth step, whenever the test runs
    table = shown(client, "?range=1h").split('id="cpu-allocation-table"')[1].split("</table>")[0]
    assert '<td class="num">1.00</td><td class="num">4.00</td><td class="num">3.60</td>' in table


def test_the_range_is_in_the_address_and_marked(client: Client) -> None:
    watched(1)
    html = shown(client, "?range=6h")
    for name in LONG_RANGES:
        assert f'href="?range={name}"' in html
    assert '<a href="?range=6h" aria-current="true">6 h</a>' in html
    assert "capacity.csv?range=6h" in html


def test_a_range_nobody_offers_is_the_default_and_the_page_says_what_there_is(client: Client) -> None:
    watched(1)
    html = shown(client, "?range=99y&by=planet")
    assert '<a href="?range=24h" aria-current="true">' in html
    assert "<code>range=99y</code> is none of 1h, 6h, 24h, 7d, 30d, 90d." in html
    assert "<code>by=planet</code> is none of role, zone, framework, pool, region." in html


def test_the_other_choices_stay_in_the_address_of_each(client: Client) -> None:
    watched(1)
    html = shown(client, "?range=6h&by=pool&compare=week&cpus=2").replace("&amp;", "&")
    assert 'href="?range=7d&compare=week&by=pool&cpus=2"' in html
    assert 'href="?range=30d&by=pool&cpus=2"' in html
    assert 'href="?range=6h&compare=week&by=zone&cpus=2#where"' in html
    assert '<a href="?range=6h&by=pool&cpus=2">Without the week before</a>' in html


def test_a_range_too_long_to_compare_says_which_are_not(client: Client) -> None:
    watched(1)
    html = shown(client, "?range=90d&compare=week")
    assert "<code>compare=week</code> goes with a range of 1h, 6h, 24h, 7d." in html
    assert "the week before" not in html


def test_a_long_range_says_what_its_points_are_means_of(client: Client) -> None:
    watched(7200, 3600, 1)
    assert "a point is the mean of 1 h" in shown(client, "?range=30d")


def test_the_table_of_now_shows_shares_and_amounts_and_invents_no_use(client: Client) -> None:
    watched(1)
    html = shown(client)
    assert 'aria-label="CPU: 25 % allocated, — used"' in html
    assert "used: not measured yet" in html
    assert '<td class="num" data-label="Not allocated">3 cores</td>' in html


def test_before_the_first_answer_the_page_is_learning(client: Client) -> None:
    builders.cluster()
    html = shown(client)
    assert "Learning" in html
    assert "CPU: nothing was measured in this range" in html
    assert ">0 %<" not in html


def test_old_figures_of_now_are_grey_with_the_time_they_were_true(client: Client) -> None:
    watched(310, 300)
    html = shown(client)
    assert '<table class="data lv stale">' in html
    assert "no poll has ended since" in html


def test_a_short_history_says_since_when(client: Client) -> None:
    watched(1200, 1190, 1180, 1)
    assert "measured since" in shown(client)


def test_the_csv_holds_every_step_and_an_empty_cell_is_a_gap(client: Client) -> None:
    watched(600, 590, 580, 30, 20, 10)
    header, *found = rows(client, "?range=1h")
    assert header[:3] == ["begins_at", "cpus_total", "cpus_allocated"]
    assert len(found) in (360, 361)
    measured = [row for row in found if row[1]]
    assert {tuple(row[1:3]) for row in measured} == {("4", "1")}
    assert len(measured) == 6
    assert ["", ""] in [row[1:3] for row in found]


def test_the_csv_names_cluster_and_range(client: Client) -> None:
    watched(1)
    answer = client.get("/c/prod/capacity/capacity.csv?range=6h")
    assert answer["Content-Disposition"] == 'attachment; filename="prod-capacity-6h.csv"'
    assert answer["Content-Type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\tx", "\rx", "\nx", "\0x"])
def test_a_spreadsheet_takes_no_text_for_a_formula(text: str) -> None:
    assert csv_file.safe(text) == f"'{text}"


def test_numbers_stay_numbers_in_a_csv() -> None:
    assert [csv_file.safe(cell) for cell in (-1.5, 8 * 1024**3, None, float("nan"), "a,b")] == [
        "-1.5",
        "8589934592",
        "",
        "",
        "a,b",
    ]


@pytest.mark.parametrize("agents", [5, 60])
def test_the_page_costs_the_same_for_any_number_of_agents(
    agents: int, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    cluster = watched(10, 1, agents=agents)
    write_use(cluster, *(host_metrics(f"10.0.0.{number}", ago(5)) for number in range(agents)), now=ago(5))
    # The cluster and its sources, 8 of history and use, 6 who holds what, 1 the room, 5 the filesystems and their paces;
    # session, user, role and clusters for the frame.
    with django_assert_num_queries(23):
        shown(client)


def test_the_number_of_agents_is_refreshed_and_called_the_present_only_while_it_is(client: Client) -> None:
    cluster = watched(1)
    head = shown(client).split('id="head" data-refresh')[1].split("</p>")[0]
    assert "(1 agent now)" in head
    Collection.objects.filter(cluster=cluster, source="summary").update(sample_at=ago(600))
    assert "(1 agent)," in shown(client)


def measured(*paths: tuple[str, float], hosts: int = 1, agents: int = 1) -> Cluster:
    cluster, at = watched(20, 10, 1, agents=agents), ago(5)
    disks = tuple(filesystem(path, used, 100 - used) for path, used in paths) or (filesystem(),)
    write_use(cluster, *(host_metrics(f"10.0.0.{number}", at, filesystems=disks) for number in range(hosts)), now=at)
    return cluster


def test_use_stands_beside_allocation_with_its_coverage_and_age(client: Client) -> None:
    measured(hosts=1, agents=2)
    html = shown(client)
    assert "used: 1 of 2 agents measured, 5 s ago" in html
    assert 'aria-label="CPU: 25 % allocated, 25 % used"' in html
    assert '<td class="num" data-label="Used">1 core</td><td class="num" data-label="Used of">4 cores</td>' in html


def test_the_filesystems_that_fill_first_are_named_with_their_node(client: Client) -> None:
    measured(("/var", 93), ("/", 40))
    html = shown(client)
    assert "2 of 2 that are measured" in html
    assert html.index(">/var<") < html.index(">/<")
    assert '<tr class="r-warn"><th scope="row" class="m">/var</th>' in html
    assert '<a href="/c/prod/nodes/10.0.0.0/">10.0.0.0</a>' in html


def test_ten_filesystems_are_shown_of_all(client: Client) -> None:
    measured(("/a", 10), ("/b", 20), ("/c", 30), hosts=5, agents=5)
    assert "10 of 15 that are measured" in shown(client)


def test_plain_mesos_says_why_there_is_no_use(client: Client) -> None:
    cluster = builders.cluster(kind="mesos")
    write(cluster, summary(ago(1)))
    assert "used: not measured: plain Mesos has no metrics of machines" in shown(client)


def test_the_csv_holds_use_beside_allocation(client: Client) -> None:
    measured()
    header, *found = rows(client, "?range=1h")
    assert header[:4] == ["begins_at", "cpus_total", "cpus_allocated", "cpus_used"]
    assert {row[3] for row in found} == {"", "1"}


def test_a_block_that_fails_says_under_which_id_and_the_others_are_shown(client: Client) -> None:
    measured(("/var", 93))
    disk = Subject.objects.get(kind="filesystem")
    # A reading cut short on disk: whatever the reason, it must not cost the page.
    looks = [int(ago(hours * 3600).timestamp()) // 3600 * 3600 for hours in (24, 12)]
    layout = Reading.objects.get(subject=disk).layout_id
    Reading.objects.bulk_create(Reading(tick=tick, subject=disk, layout_id=layout, data=b"short") for tick in looks)
    html = shown(client)
    assert re.search(r"Filesystems could not be shown at .*Day Two’s log tells why under [0-9a-f]{8}", html)
    assert "CPU allocation stayed at 25 %" in html and "Survive a loss" in html


def test_figures_of_some_machines_only_are_called_partial(client: Client) -> None:
    measured(hosts=1, agents=2)
    html = shown(client)
    assert ">Partial</span><p>Used: 1 of 2 agents measured" in html


def test_filesystems_tell_how_fast_they_grow_and_when_they_are_full(client: Client) -> None:
    cluster, now = watched(20, 10, 1), timezone.now()
    for hours in range(25, -1, -1):
        at = now - timedelta(hours=hours)
        at = at.replace(minute=0, second=0) if hours else at
        disk = filesystem("/var", 60 - 1.0 * hours, 40 + 1.0 * hours)
        builders.write_machines(cluster, host_metrics("10.0.0.0", at, filesystems=(disk,)), now=at)
    html = shown(client)
    assert "at the pace of the last 24 h" in html
    assert re.search(r'data-label="Growth a day">\+2[34](\.\d)? GiB<', html)
    assert 'strong" data-label="Full in">1 d<' in html
    assert 'href="/c/prod/capacity/filesystems/">All filesystems' in html
