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

from dashboard.models import Cluster
from dashboard.pages import paging
from dashboard.roles import Role, grant
from tests import builders
from tests.builders import filesystem, host_metrics, write_machines

pytestmark = pytest.mark.django_db
PAGE = "/c/prod/capacity/filesystems/"
EVIL = '/"><script>alert(1)</script>'


@pytest.fixture(autouse=True)
def signed_in(client: Client) -> None:
    user = User.objects.create_user("ana")
    grant(user, Role.VIEWER)
    client.force_login(user)


def hour(ago: int) -> datetime:
    at = timezone.now() - timedelta(hours=ago)
    return at.replace(minute=0, second=0, microsecond=0) if ago else at - timedelta(seconds=5)


def watched(*paths: str, hosts: int = 1, hours: int = 0, grows: float = 0.0) -> Cluster:
    """Filesystems of 100 GiB, the first half full, each next one by 5 GiB less; all grow by so many GiB an hour."""
    cluster = builders.cluster()
    for ago in range(hours, -1, -1):
        at = hour(ago)
        used = [50 - 5 * place - grows * ago for place, _ in enumerate(paths)]
        disks = tuple(filesystem(path, gib, 100 - gib) for path, gib in zip(paths, used, strict=True))
        machines = (host_metrics(f"10.0.0.{number + 1}", at, filesystems=disks) for number in range(hosts))
        write_machines(cluster, *machines, now=at)
    return cluster


def shown(client: Client, query: str = "") -> str:
    answer = client.get(PAGE + query)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode().replace("\u00a0", " "))


def paths(html: str) -> list[str]:
    return re.findall(r'<th scope="row" class="m">([^<]+)</th>', html)


def test_the_fullest_comes_first_with_share_inodes_and_pace(client: Client) -> None:
    watched("/var", "/", hours=25, grows=1)
    html = shown(client)
    assert paths(html) == ["/var", "/"]
    assert "/var of 10.0.0.1 is full first, in 2 d, at the pace of the last 24 h." in html
    assert 'aria-label="/var: 50 % used"' in html
    assert 'data-label="Inodes"><span class="dim">n/a</span>' in html
    assert html.count('strong" data-label="Full in">2 d<') == 2


def test_what_is_too_young_has_no_pace_and_says_since_when_it_will(client: Client) -> None:
    watched("/var", hours=3, grows=1)
    html = shown(client)
    assert 'data-label="Growth a day">—<' in html
    assert "known after 6 h of figures" in html
    assert "is full first" not in html


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("path", ["/", "/a", "/b"]),
        ("-path", ["/b", "/a", "/"]),
        ("used", ["/", "/b", "/a"]),
        ("-free", ["/", "/b", "/a"]),
    ],
)
def test_every_column_sorts_both_ways(sort: str, order: list[str], client: Client) -> None:
    watched("/a", "/b", "/")
    assert paths(shown(client, f"?sort={sort}")) == order


def test_those_without_a_pace_come_last_when_sorted_by_the_day_they_are_full(client: Client) -> None:
    cluster = watched("/slow", hours=25, grows=0.5)
    for ago in (2, 1, 0):
        disks = (filesystem("/new", 90, 10), filesystem("/slow", 50 - 0.5 * ago, 50 + 0.5 * ago))
        write_machines(cluster, host_metrics("10.0.0.1", hour(ago), filesystems=disks), now=hour(ago))
    assert paths(shown(client, "?sort=full")) == ["/slow", "/new"]


def test_the_filter_finds_paths_and_hosts_in_any_case_and_says_how_many_it_hides(client: Client) -> None:
    watched("/var/lib/Mesos", "/", hosts=2)
    html = shown(client, "?q=mesos")
    assert paths(html) == ["/var/lib/Mesos", "/var/lib/Mesos"]
    assert "Showing 2 of 4 filesystems" in html
    assert len(paths(shown(client, "?q=0.0.2"))) == 2
    nothing = shown(client, "?q=nowhere&sort=path")
    assert "No filesystem matches" in nothing and 'href="?sort=path">Clear' in nothing


def test_long_lists_come_in_pages_that_keep_what_was_asked(client: Client) -> None:
    watched("/a", "/b", "/c", hosts=paging.MOST_ROWS // 2)
    first = shown(client, "?sort=path&range=6h")
    assert len(paths(first)) == paging.MOST_ROWS
    assert f"1–{paging.MOST_ROWS} of {3 * paging.MOST_ROWS // 2} filesystems" in first
    assert 'href="?range=6h&amp;sort=path&amp;page=2" rel="next"' in first
    assert len(paths(shown(client, "?sort=path&page=2"))) == paging.MOST_ROWS // 2


def test_what_cannot_be_had_is_told_with_what_can(client: Client) -> None:
    watched("/")
    html = shown(client, "?range=90d&sort=colour")
    assert "<code>range=90d</code> is none of 6h, 24h, 48h." in html
    assert "<code>sort=colour</code> is none of path, node, used" in html
    assert '<a href="?range=24h" aria-current="true">' in html and paths(html) == ["/"]


def test_before_the_first_answer_nothing_is_called_empty_by_fact(client: Client) -> None:
    builders.cluster()
    html = shown(client)
    assert "Nothing was measured yet" in html and "No filesystem is measured now" in html


def test_plain_mesos_says_that_it_tells_no_filesystems(client: Client) -> None:
    builders.cluster(kind="mesos")
    assert "which says what it allocates and not how full its disks are" in shown(client)


def test_a_path_of_the_cluster_is_shown_and_never_obeyed(client: Client) -> None:
    watched(EVIL)
    assert "<script>alert" not in shown(client, f"?q={EVIL}")
    assert "&lt;script&gt;alert(1)" in shown(client)


def rows(client: Client, query: str = "") -> list[list[str]]:
    answer = client.get(f"{PAGE}filesystems.csv{query}")
    assert isinstance(answer, StreamingHttpResponse)
    return list(csv.reader(io.StringIO(b"".join(answer).decode())))


def test_the_csv_holds_every_filesystem_of_the_filter_in_its_order(client: Client) -> None:
    watched("/var", "/", "/b", hours=25, grows=1)
    header, *found = rows(client, "?q=/&sort=path")
    assert header[:3] == ["host", "path", "used_ratio"]
    assert [row[1] for row in found] == ["/", "/b", "/var"]
    told = dict(zip(header, found[2], strict=True))
    assert told["used_ratio"] == "0.5" and float(told["days_to_full"]) == pytest.approx(50 / 24, rel=0.02)
    assert (told["inodes_ratio"], told["note"]) == ("", "")


def test_a_spreadsheet_takes_no_path_for_a_formula(client: Client) -> None:
    watched("=1+1")
    assert rows(client)[1][1] == "'=1+1"


@pytest.mark.parametrize("hosts", [1, 30])
def test_the_page_costs_the_same_for_any_number_of_filesystems(
    hosts: int, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    watched("/var", "/", hosts=hosts, hours=1)
    # The cluster and its sources, 2 of the filesystems, 3 of their paces; session, user, role and clusters.
    with django_assert_num_queries(11):
        shown(client)
