from __future__ import annotations

import csv
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster, Event
from dashboard.queries.flapping import State
from tests import builders
from tests.pages.conftest import words
from tests.pages.failing import ago

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
PAGE = "/c/prod/failures/flapping/"
EVIL = "=<script>alert(1)</script>\u202e"
HOST = "10.0.0.242"
QUERIES = 8
"""Session, user, role, cluster, a week of restarts, clusters of the switcher, age in the bar."""


def turned(cluster: Cluster, unit: str, seconds_ago: float, healthy: bool, host: str = HOST) -> Event:
    words = ("Unhealthy", "Healthy")
    at = ago(seconds_ago)
    return Event(
        cluster=cluster,
        kind=Event.Kind.UNIT_HEALTH,
        subject=unit,
        name=unit.removesuffix(".service"),
        place=host,
        before=words[not healthy],
        after=words[healthy],
        taken_at=at,
        seen_at=at,
    )


def bad(cluster: Cluster, unit: str, *seconds_ago: float, lived: float = 20, host: str = HOST) -> None:
    """It turned bad at these times, each after it had been well for so long; it is well again 5 s later."""
    told = []
    for at in sorted(seconds_ago, reverse=True):
        told += [turned(cluster, unit, at + lived, True, host), turned(cluster, unit, at, False, host)]
        told.append(turned(cluster, unit, at - 5, True, host))
    Event.objects.bulk_create(told)


def restarted(cluster: Cluster, seconds_ago: float, uptime: float) -> None:
    at = ago(seconds_ago)
    Event.objects.create(
        cluster=cluster,
        kind=Event.Kind.MASTER_RESTART,
        subject="10.0.0.101",
        name="10.0.0.101",
        before=(at - timedelta(seconds=uptime)).isoformat(),
        after=at.isoformat(),
        taken_at=at,
        seen_at=at,
    )


def restless() -> Cluster:
    """A unit that flaps, one that restarts, one that recovered, and a master that restarted once."""
    cluster = builders.cluster()
    bad(cluster, "dcos-net.service", 370, 300, 240, 120, 40, lived=24)
    bad(cluster, "dcos-etl.service", 40_000, 30_000, 20_000, 10_000, lived=7_200)
    bad(cluster, "dcos-dns.service", 80_000, 79_000, 78_000, lived=60)
    restarted(cluster, 5_000, 18_060)
    return cluster


def test_what_goes_on_comes_first_and_is_told_in_a_sentence(viewer: Client) -> None:
    restless()
    said = words(viewer.get(PAGE))
    assert "1 flapping, 1 restarting ; 1 recovered, 1 steady with a restart in 24 h, everything else has none." in said
    assert "The median life of dcos-net on 10.0.0.242 is 24 s." in said
    rows = re.findall(r"(dcos-\w+ on \S+|10\.0\.0\.101) (?:Component|Master) (\w+)", said)
    assert [state for _, state in rows] == ["Flapping", "Restarting", "Recovered", "Steady"]


def test_a_row_says_how_often_how_short_and_since_when(viewer: Client) -> None:
    restless()
    said = words(viewer.get(PAGE))
    assert re.search(r"dcos-net on 10.0.0.242 Component Flapping 5 5 24 s 24 s 35 s ", said)
    assert re.search(r"10.0.0.101 Master Steady 1 0 5 h 1 min 5 h 1 min 1 h 23 min —", said)


def test_the_counts_of_the_states_sum_up_to_all(viewer: Client) -> None:
    restless()
    for kind in ("", "component", "scheduler"):
        page = viewer.get(PAGE, {"kind": kind}).content.decode()
        states = page.partition('aria-label="State"')[2].partition("</nav>")[0]
        total, *each = (int(found) for found in re.findall(r"<b>(\d+)</b>", states))
        assert total == sum(each) and len(each) == len(State)


def test_one_state_and_one_kind_are_shown_alone_and_the_kind_stays_in_the_links(viewer: Client) -> None:
    restless()
    answer = viewer.get(PAGE, {"state": "recovered", "kind": "component"})
    table = answer.content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    assert "dcos-dns" in table and "dcos-net" not in table and "10.0.0.101" not in table
    assert "?state=flapping&amp;kind=component" in answer.content.decode()


def test_what_is_no_state_and_no_kind_is_as_if_it_was_not_asked_for(viewer: Client) -> None:
    restless()
    assert "dcos-net" in words(viewer.get(PAGE, {"state": "x", "kind": "<b>", "page": "-1"}))


def test_a_filter_that_hides_everything_can_be_cleared(viewer: Client) -> None:
    restless()
    assert "Nothing matches The filter hides everything that restarted. Clear" in words(
        viewer.get(PAGE, {"kind": "scheduler"})
    )


def test_when_nothing_restarted_that_is_said(viewer: Client) -> None:
    builders.cluster()
    said = words(viewer.get(PAGE))
    assert "Nothing restarted in the past 24 h." in said and "None in 7 d." in said
    assert "What the words mean" in said


def test_each_restart_is_a_tick_where_it_was(viewer: Client) -> None:
    restless()
    page = viewer.get(PAGE, {"state": "restarting"}).content.decode()
    ticks = [float(x) for x in re.findall(r'<rect class="t warn" x="([\d.]+)%"', page)]
    assert [round(x) for x in ticks] == [54, 65, 77, 88]


def test_the_lives_of_the_worst_two_are_histograms(viewer: Client) -> None:
    restless()
    answer = viewer.get(PAGE)
    said = words(answer)
    assert "dcos-net on 10.0.0.242 mostly lived 10–60 s 5 lives in 7 d, by length" in said
    assert "dcos-etl on 10.0.0.242 mostly lived 1–4 h 4 lives" in said
    assert answer.content.decode().count('class="hist"') == 2


def test_episodes_are_listed_with_what_goes_on(viewer: Client) -> None:
    restless()
    said = words(viewer.get(PAGE)).partition("Episodes")[2]
    assert re.search(r"dcos-net on 10.0.0.242 \S+( \w+ \S+)? 5 5 min 30 s Goes on", said)
    assert re.search(r"dcos-dns on 10.0.0.242 \d+ \w+ \S+ 3 33 min 20 s Over", said) or "3 33 min 20 s Over" in said


def test_hostile_names_are_text_on_the_board_and_no_formula_in_the_csv(viewer: Client) -> None:
    cluster = builders.cluster()
    bad(cluster, EVIL, 300, 200, 100)
    page = viewer.get(PAGE).content.decode()
    assert "<script>alert" not in page and "\u202e" not in page
    text = b"".join(viewer.get(PAGE + "flapping.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert next(csv.DictReader(StringIO(text)))["object"].startswith("'=")


def test_the_csv_has_what_the_filter_shows(viewer: Client) -> None:
    restless()
    answer = viewer.get(PAGE + "flapping.csv", {"state": "flapping"})
    (row,) = csv.DictReader(StringIO(b"".join(answer.streaming_content).decode()))  # type: ignore[attr-defined]
    assert (row["object"], row["host"], row["state"]) == ("dcos-net", HOST, "Flapping")
    assert (row["restarts_24h"], row["median_life_seconds"]) == ("5", "24")


def test_another_clusters_restarts_are_not_shown(viewer: Client) -> None:
    builders.cluster()
    bad(builders.cluster("other"), "dcos-net.service", 300, 200, 100)
    assert "dcos-net" not in words(viewer.get(PAGE))


def test_a_thousand_things_that_restart_cost_as_many_queries_as_one(
    viewer: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    cluster = builders.cluster()
    Event.objects.bulk_create(
        turned(cluster, "dcos-net.service", 100 + 90 * turn, False, f"10.1.{number // 250}.{number % 250}")
        for number in range(1_000)
        for turn in range(3)
    )
    with django_assert_num_queries(QUERIES):
        answer = viewer.get(PAGE)
    assert "1–100 of 1,000 objects" in words(answer)


def test_a_component_that_is_down_is_not_called_steady(viewer: Client) -> None:
    Event.objects.bulk_create([turned(builders.cluster(), "dcos-net.service", 49, False)])
    said = words(viewer.get(PAGE))
    assert "1 down ; nothing else restarted." in said and "Steady 0" in said
    assert re.search(r"dcos-net on 10\.0\.0\.242 Component Down 1 1 — — — \d\d:\d\d:11", said)


def test_one_or_two_lives_are_no_histogram(viewer: Client) -> None:
    bad(builders.cluster(), "dcos-net.service", 3_000, 2_000)
    page = viewer.get(PAGE).content.decode()
    assert "dcos-net" in page and 'class="hist"' not in page
