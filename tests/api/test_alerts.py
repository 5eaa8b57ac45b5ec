from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Alert, Cluster, Event
from dashboard.store import alerts
from tests.api.conftest import PROD, Ask, Do
from tests.pages.alerting import alert, channel, notice, rule, silence, watched

ALERTS = f"{PROD}alerts/"
ACKNOWLEDGE, GIVE_BACK = f"{ALERTS}acknowledge/", f"{ALERTS}give-back/"
HOSTILE = "=cmd()<script>\u202e"


@pytest.fixture
def cluster(db: None) -> Cluster:
    return watched()


def test_an_alert_tells_value_limit_unit_and_who_has_it(cluster: Cluster, asked: Ask) -> None:
    measured_at = timezone.now() - timedelta(seconds=30)
    fires = alert(cluster, "R38", "10.0.0.9", value=0.97, limit=0.95, worst=0.98, measured_at=measured_at)
    answer = asked(ALERTS)
    (row,) = answer["results"]
    assert (row["id"], row["rule"], row["host"], row["standing"]) == (fires.pk, "R38", "10.0.0.9", "firing")
    assert (row["value"], row["limit"], row["worst"], row["unit"]) == (0.97, 0.95, 0.98, "ratio")
    assert 30 <= row["age_seconds"] < 60
    assert (row["acknowledged_by"], row["silence"], row["inhibited_by"], row["ended_at"]) == (None, None, None, None)
    assert (answer["count"], answer["next"]) == (1, None)


def test_they_are_found_by_how_they_stand_by_rule_host_and_words(cluster: Cluster, asked: Ask) -> None:
    quiet = silence(cluster, "rule:R39")
    alert(cluster, "R38", "10.0.0.1", severity="critical")
    alert(cluster, "R39", "10.0.0.2", silence=quiet)
    alert(cluster, "R36", "10.0.0.3", state="pending")
    alert(cluster, "R37", "10.0.0.4", sentence="disk of the etl host", inhibited_by="the master is away")
    alert(cluster, "R38", "10.0.0.5", state="resolved", ended_at=timezone.now())
    alert(watched("edge"), "R38", "10.0.0.9")
    found = {
        f"{name}={value}": [row["host"] for row in asked(ALERTS, **{name: value})["results"]]
        for name, value in (
            ("standing", "silenced"),
            ("standing", "inhibited"),
            ("standing", "pending"),
            ("severity", "critical"),
            ("rule", "R38"),
            ("host", "10.0.0.2"),
            ("q", "ETL"),
            ("which", "ended"),
        )
    }
    assert found == {
        "standing=silenced": ["10.0.0.2"],
        "standing=inhibited": ["10.0.0.4"],
        "standing=pending": ["10.0.0.3"],
        "severity=critical": ["10.0.0.1"],
        "rule=R38": ["10.0.0.1"],
        "host=10.0.0.2": ["10.0.0.2"],
        "q=ETL": ["10.0.0.4"],
        "which=ended": ["10.0.0.5"],
    }
    assert asked(ALERTS, which="all")["count"] == 5
    assert asked(ALERTS, which="ended")["results"][0]["standing"] is None


def test_pages_hold_each_once_while_new_ones_fire(cluster: Cluster, asked: Ask) -> None:
    ids = [alert(cluster, "R38", f"10.0.0.{n}").pk for n in range(20)]
    page = asked(ALERTS, limit=6)
    seen = [row["id"] for row in page["results"]]
    while page["next"]:
        alert(cluster, "R39", f"10.0.1.{len(seen)}")
        page = asked(page["next"])
        seen += [row["id"] for row in page["results"]]
    assert seen == sorted(ids, reverse=True)


def test_a_page_of_ten_thousand_costs_three_queries(
    cluster: Cluster, asked: Ask, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = alert(cluster, "R38", "10.0.0.0")
    same = {name: getattr(first, name) for name in ("cluster", "rule", "state", "severity", "group", "sentence")}
    since = {"pending_since": first.pending_since, "fired_at": first.fired_at, "changed_at": first.changed_at}
    more = [Alert(**same, **since, subject=f"10.1.{n // 250}.{n % 250}") for n in range(9_999)]
    Alert.objects.bulk_create(more, batch_size=500)
    asked(ALERTS)
    with django_assert_num_queries(5):  # key, role; cluster, alerts, count
        page = asked(ALERTS, limit=100)
    with django_assert_num_queries(5):
        page = asked(page["next"])
    assert (page["count"], len(page["results"])) == (10_000, 100)


def test_one_tells_its_changes_who_was_told_and_its_like(
    cluster: Cluster, asked: Ask, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    fires, other = alert(cluster, "R38", "10.0.0.1"), alert(cluster, "R38", "10.0.0.2", name=HOSTILE)
    before = alert(cluster, "R38", "10.0.0.1", state="resolved", ended_at=timezone.now() - timedelta(days=1))
    notice(fires, channel(), sent_at=timezone.now())
    alerts.acknowledge([fires], User.objects.create_user("vera"), HOSTILE, timezone.now())
    asked(ALERTS)
    with django_assert_num_queries(8):  # key, role; cluster, alert, changes, group, earlier, told
        one = asked(f"{ALERTS}{fires.pk}/")
    assert [(change["before"], change["after"], change["by"]) for change in one["changes"]] == [
        ("Firing", "Acknowledged", "vera")
    ]
    assert (one["acknowledged_by"], one["note"], one["standing"]) == ("vera", HOSTILE, "acknowledged")
    assert [(told["channel"], told["dead"]) for told in one["told"]] == [("mail ops@", 0)]
    assert ([one["id"] for one in one["group"]], one["group_more"]) == ([other.pk], 0)
    assert [one["id"] for one in one["earlier"]] == [before.pk]


def test_an_alert_of_another_cluster_is_not_here(cluster: Cluster, asked: Ask) -> None:
    other = alert(watched("edge"))
    assert "There is no alert" in asked(f"{ALERTS}{other.pk}/", status=404)["detail"]


def test_the_list_as_csv_is_all_of_it_and_no_formula(cluster: Cluster, key: str) -> None:
    for number in range(120):
        alert(cluster, "R38", f"10.0.0.{number}", sentence=HOSTILE)
    answer = Client().get(ALERTS, {"format": "csv"}, headers={"Authorization": f"Token {key}"})
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 121
    assert all(f"'{HOSTILE}" in line for line in lines[1:])


def results(answer: dict[str, object]) -> list[str]:
    listed = answer["results"]
    assert isinstance(listed, list)
    return [one["result"] for one in listed]


def test_many_are_taken_at_once_and_each_is_told_what_became_of_it(
    cluster: Cluster, done: Do, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    fires, pending = alert(cluster, "R38"), alert(cluster, "R39", state="pending")
    ended, other = alert(cluster, "R36", state="resolved", ended_at=timezone.now()), alert(watched("edge"))
    ids = [fires.pk, pending.pk, ended.pk, other.pk, fires.pk, 2**63 - 1]
    answer = done(ACKNOWLEDGE, ids=ids, note=f" {HOSTILE} ")
    assert results(answer) == ["changed", "not_firing", "not_firing", "unknown", "unknown"]
    fires.refresh_from_db()
    assert (answer["changed"], fires.acknowledged_by, fires.note) == (1, User.objects.get(username="olga"), HOSTILE)
    assert not Alert.objects.exclude(pk=fires.pk).filter(acknowledged_at__isnull=False).exists()
    # Acknowledging twice is no error, and nothing is written: key, role; cluster, alerts.
    with django_assert_num_queries(4):
        again = done(ACKNOWLEDGE, ids=[fires.pk], note=HOSTILE)
    assert (again["changed"], results(again)) == (0, ["already"])
    assert Event.objects.filter(by="olga").count() == 1


def test_another_note_or_another_holder_is_a_change(cluster: Cluster, done: Do) -> None:
    fires = alert(cluster)
    alerts.acknowledge([fires], User.objects.create_user("vera"), "mine", timezone.now())
    assert results(done(ACKNOWLEDGE, ids=[fires.pk], note="mine")) == ["changed"]
    assert results(done(ACKNOWLEDGE, ids=[fires.pk])) == ["changed"]


def test_they_are_given_back_and_twice_is_no_error(cluster: Cluster, done: Do) -> None:
    fires = alert(cluster)
    done(ACKNOWLEDGE, ids=[fires.pk])
    assert results(done(GIVE_BACK, ids=[fires.pk])) == ["changed"]
    assert results(done(GIVE_BACK, ids=[fires.pk])) == ["already"]
    fires.refresh_from_db()
    assert fires.acknowledged_by is None


def test_as_many_as_may_be_taken_cost_what_one_does(
    cluster: Cluster, done: Do, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ids = [alert(cluster, "R38", f"10.0.{n // 250}.{n % 250}").pk for n in range(60)]
    assert rule(cluster, "R38").pk
    done(GIVE_BACK, ids=ids)
    # Key, role; cluster, alerts; savepoint, alerts, changed, events, savepoint.
    with django_assert_num_queries(9):
        assert done(ACKNOWLEDGE, ids=ids)["changed"] == 60


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"ids": []},
        {"ids": ["1"]},
        {"ids": [1.5]},
        {"ids": [True]},
        {"ids": [0]},
        {"ids": [2**63]},
        {"ids": [None]},
        {"ids": list(range(1, 502))},
        {"ids": "1"},
        {"ids": [1], "note": 501 * "x"},
        {"ids": [1], "note": 5},
        {"ids": [1], "note": "\0"},
        {"ids": [1], "note": None},
        {"ids": [1], "force": True},
    ],
)
def test_what_is_not_understood_is_refused_by_field(cluster: Cluster, done: Do, sent: dict[str, object]) -> None:
    problem = done(ACKNOWLEDGE, status=400, **sent)
    assert problem["detail"]
    if "force" in sent:
        assert problem["allowed"] == ["ids", "note"]
    else:
        assert list(problem["errors"]) == ["note" if "note" in sent else "ids"]
