from __future__ import annotations

import csv
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Event, Incident
from tests import builders
from tests.pages.conftest import words
from tests.pages.failing import NEXT, SILENT, Kind, State, ago, failed, story

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
PAGE = "/c/prod/failures/"
EVIL = "<script>alert(1)</script>\u202e"
QUERIES_EMPTY, QUERIES = 25, 34
"""Session, user, role, cluster, two of the list, its mean, two configured, seven of what stands beside the lanes, four of
the masters, one of those open, means of the month, changes, switcher, age. An open incident: itself, its tree, its past."""


def count(page: str, look: str) -> int:
    return len(re.findall(rf'<rect class="b-{look}"', page))


def test_how_many_are_how_and_how_fast_they_were_found(viewer: Client) -> None:
    story()
    said = words(viewer.get(PAGE, {"range": "6h"}))
    assert "In the last 6 h: 2 open, 1 repeating, 2 recovered, 1 planned." in said
    assert "As configured, Mesos takes 5 min for an agent and 10 s for a master." in said


def test_the_counts_of_the_kinds_sum_up_to_all(viewer: Client) -> None:
    story()
    page = viewer.get(PAGE, {"range": "30d"}).content.decode()
    kinds = page.partition('aria-label="Kind"')[2].partition("</nav>")[0]
    total, *each = (int(found) for found in re.findall(r"<b>(\d+)</b>", kinds))
    assert total == sum(each) == 8
    assert re.findall(r">([A-Z][a-z ]+) <b>", kinds) == ["All", "Task", "Agent process", "Host", "Master", "Scheduler"]


def test_a_kind_that_could_not_be_told_has_a_segment_only_where_there_is_one(viewer: Client) -> None:
    failed(builders.cluster(), Kind.AGENT_OR_HOST, NEXT, 60)
    assert "Agent or host 1" in words(viewer.get(PAGE))


def test_one_kind_is_shown_alone_and_the_lanes_keep_all(viewer: Client) -> None:
    story()
    answer = viewer.get(PAGE, {"range": "6h", "kind": "scheduler"})
    table = answer.content.decode().partition('id="all"')[2].partition("</table>")[0]
    assert "marathon-user" in table and SILENT not in table
    assert "Agent process 10.0.0.242 failed at" in words(answer)


def test_what_is_no_kind_and_no_range_is_as_if_it_was_not_asked_for(viewer: Client) -> None:
    story()
    asked = {"range": "99y", "kind": "x", "change": "y", "page": "-1", "changes": "z"}
    said = words(viewer.get(PAGE, asked))
    assert "In the last 24 h:" in said and SILENT in said


def test_each_bar_has_its_row_in_a_table_below(viewer: Client) -> None:
    found = story()
    page = viewer.get(PAGE, {"range": "6h"}).content.decode()
    drawn = page.partition('id="timeline"')[2].partition("</section>")[0]
    names = set(re.findall(r"<title>(?:[A-Z][a-z ]+) (\S+)(?: → \S+)? failed", drawn))
    table = page.partition('id="all"')[2].partition("</table>")[0]
    assert names == {SILENT, "10.0.0.37", "marathon-user", "marathon", "etl", "10.0.0.101"}
    assert all(name in table for name in names)
    assert {int(number) for number in re.findall(rf'href="{PAGE}(\d+)/"', table)} == {
        one.pk for name, one in found.items() if not name.startswith("earlier")
    }
    beside = page.partition('id="beside"')[2].partition("</section>")[0]
    assert "net.service on 10.0.0.242" in beside and "10.0.0.242 is silent" in beside


def test_planned_ones_look_muted_are_listed_and_are_no_failure(viewer: Client) -> None:
    story()
    answer = viewer.get(PAGE, {"range": "6h"})
    drawn = answer.content.decode().partition('id="timeline"')[2].partition("</section>")[0]
    assert count(drawn, "mute") == 1
    said = words(answer)
    assert "1 planned one is listed and not counted" in said and "Planned, recovered" in said
    assert "Host 0" in said


def test_while_an_agent_is_silent_the_time_left_is_told_with_what_follows(viewer: Client) -> None:
    story()
    said = words(viewer.get(PAGE))
    assert re.search(r"Mesos declares it lost in 2 min 50 s; 18 tasks will be rescheduled", said)
    assert re.search(r"Declared lost ≈ \S+( \w+ \S+)?, configured 5 min", said)
    assert "≈ 18 s after the loss, the median of 3 earlier" in said


def test_what_should_have_been_declared_by_now_is_overdue_and_nothing_is_promised(viewer: Client) -> None:
    failed(builders.cluster(), Kind.HOST, NEXT, 900, timeout_seconds=300.0, tasks_at_risk=4)
    said = words(viewer.get(PAGE))
    assert "Mesos should have declared it lost 10 min ago" in said
    assert "will be rescheduled" not in said and "overdue" in said


def test_an_empty_range_says_when_the_last_one_was(viewer: Client) -> None:
    cluster = builders.cluster()
    failed(cluster, Kind.HOST, NEXT, 3 * 86_400 + 4 * 3_600, lasted=60)
    said = words(viewer.get(PAGE))
    assert "No failures in this range Last one: 3 d 4 h ago, host, 10.0.0.205." in said


def test_a_cluster_in_which_nothing_ever_failed_says_so(viewer: Client) -> None:
    builders.cluster()
    said = words(viewer.get(PAGE))
    assert "In the last 24 h: no failure." in said
    assert "Day Two has seen none since it began to watch." in said and "Nothing changed in this time." in said


def test_a_kind_without_any_in_the_range_can_be_cleared(viewer: Client) -> None:
    failed(builders.cluster(), Kind.HOST, NEXT, 60)
    assert "No failure of this kind in this range The filter hides the others. Clear" in words(
        viewer.get(PAGE, {"kind": "master"})
    )


def test_who_led_is_drawn_and_a_time_that_is_not_known_is_hatched(viewer: Client) -> None:
    story()
    drawn = viewer.get(PAGE, {"range": "24h"}).content.decode().partition('id="timeline"')[2].partition("</section>")[0]
    assert count(drawn, "lead2") == 1 and count(drawn, "lead") == 2
    assert "no leader for 17" in drawn


def test_the_means_of_the_month_stand_beside_what_is_configured(viewer: Client) -> None:
    story()
    said = words(viewer.get(PAGE, {"range": "1h"}))
    assert "Host 2 0 5 min 02 s 5 min 6 min 05 s" in said
    assert "Master 1 0 9 s 10 s 17 s" in said


def test_everything_that_changed_is_paged_and_filtered_by_kind(viewer: Client) -> None:
    cluster = builders.cluster()
    now = timezone.now()
    Event.objects.bulk_create(
        Event(
            cluster=cluster,
            kind=Event.Kind.VERSION if number % 10 == 0 else Event.Kind.MASTER_RESTART,
            subject=str(number),
            name=f"m{number}",
            before="1",
            after="2",
            taken_at=now - timedelta(seconds=number),
            seen_at=now,
        )
        for number in range(1, 101)
    )
    said = words(viewer.get(PAGE))
    assert "Master m1 restarted" in said and "Master m41 restarted" not in said and "1–40 of 100 changes" in said
    second = words(viewer.get(PAGE, {"changes": "2"}))
    assert "Master m41 restarted" in second and "Master m1 restarted" not in second
    only = words(viewer.get(PAGE, {"change": "version"}))
    assert "m10 went from 1 to 2" in only and "restarted Show" not in only and "Master m1 restarted" not in only


def test_hostile_names_are_text_in_table_lanes_and_tree(viewer: Client) -> None:
    cluster = builders.cluster()
    failed(cluster, Kind.SCHEDULER, EVIL, 60, effect=EVIL, kind_reason=EVIL, planned_reason=EVIL)
    page = viewer.get(PAGE).content.decode()
    assert "<script>alert" not in page and "\u202e" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;U+202E&gt;" in page


def test_the_csv_has_every_failure_of_the_filter_and_no_formula(viewer: Client) -> None:
    cluster = builders.cluster()
    failed(cluster, Kind.SCHEDULER, "=cmd()", 600, lasted=60, effect="@SUM(A1)")
    failed(cluster, Kind.MASTER, "10.0.0.101", 300)
    answer = viewer.get(PAGE + "failures.csv", {"kind": "scheduler"})
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    header, row = csv.reader(StringIO(text))
    told = dict(zip(header, row, strict=True))
    assert told["object"] == "'=cmd()" and told["effect"] == "'@SUM(A1)"
    assert (told["state"], told["detected_in_seconds"], told["recovered_in_seconds"]) == ("Recovered", "9", "60")
    assert answer["Content-Disposition"] == 'attachment; filename="prod-failures-24h.csv"'


def test_an_empty_page_costs_as_many_queries_as_ever(
    viewer: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    builders.cluster()
    with django_assert_num_queries(QUERIES_EMPTY):
        viewer.get(PAGE)


def test_a_thousand_failures_cost_no_more_queries_and_no_more_bars_than_a_few(
    viewer: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    story()
    cluster = Incident.objects.all()[0].cluster
    now = timezone.now()
    Incident.objects.bulk_create(
        Incident(
            cluster=cluster,
            about="agent",
            kind=Kind.HOST if number % 2 else Kind.AGENT_PROCESS,
            subject=f"10.1.{number // 250}.{number % 250}",
            name=f"10.1.{number // 250}.{number % 250}",
            state=State.OPEN if number % 3 else State.RECOVERED,
            began_at=now - timedelta(seconds=60 * number),
            detected_at=now,
            ended_at=None if number % 3 else now - timedelta(seconds=30 * number),
        )
        for number in range(1, 1001)
    )
    with django_assert_max_num_queries(QUERIES):
        answer = viewer.get(PAGE, {"range": "30d"})
    page = answer.content.decode()
    assert len(re.findall(r"<rect", page)) < 900
    assert len(page) < 400_000
    assert "1–50 of 500 failures" in words(answer)


def test_another_clusters_failures_are_not_shown(viewer: Client) -> None:
    builders.cluster()
    failed(builders.cluster("other"), Kind.HOST, NEXT, 60)
    assert NEXT not in words(viewer.get(PAGE))


def test_old_figures_are_not_told_beside_the_lanes(viewer: Client) -> None:
    cluster = builders.cluster()
    builders.write(cluster, builders.summary(ago(7200)))
    assert "1 of 1 active" not in words(viewer.get(PAGE))
    builders.write(cluster, builders.summary(ago(2)))
    assert "1 of 1 active" in words(viewer.get(PAGE))


def test_the_lane_of_tasks_counts_tasks_and_not_how_often_some_failed(viewer: Client) -> None:
    failed(builders.cluster(), Kind.TASK, "f1", 600, lasted=300, failures=3, tasks_failed=269)
    assert "Tasks 269 failed" in words(viewer.get(PAGE))


def test_single_task_failures_are_one_line_and_a_click_away(viewer: Client) -> None:
    cluster = builders.cluster()
    for number in range(4):
        failed(cluster, Kind.TASK, f"m{number}", 3600 * (number + 1), lasted=0, tasks_failed=1, name="marathon")
    failed(cluster, Kind.SCHEDULER, "metronome", 60)
    listed = viewer.get(PAGE).content.decode().partition('id="all"')[2].partition("</section>")[0]
    rows, _, below = listed.partition("</tbody>")
    assert "metronome" in rows and "marathon" not in rows
    assert "4 single task failures" in below.replace("\N{NO-BREAK SPACE}", " ") and "marathon 4." in below
    alone = viewer.get(PAGE, {"kind": "task"}).content.decode().partition('id="all"')[2].partition("</section>")[0]
    assert alone.count("marathon</a>") == 4
