from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from dashboard.alerts import in_words
from dashboard.alerts.rules import BY_KEY
from dashboard.models import Cluster, Event, Rule
from tests.api.conftest import PROD, Ask, Do, fill
from tests.pages.alerting import alert, channel, rule, watched

RULES = f"{PROD}rules/"
OWN: dict[str, Any] = {
    "name": "used CPU",
    "subject_kind": "host",
    "metric": "cpus_used",
    "warning": 3,
    "critical": 4,
    "critical_on": False,
}
HOSTILE = "=<script>alert(1)</script>\u202e"


@pytest.fixture
def cluster(db: None, now: datetime) -> Cluster:
    cluster = watched()
    fill(cluster, now)
    return cluster


def own(done: Do, **said: Any) -> dict[str, Any]:
    return done(RULES, status=201, **{**OWN, **said})


def test_rules_come_by_key_with_their_limits_and_how_they_stand(cluster: Cluster, asked: Ask) -> None:
    alert(cluster, "R38", severity="critical")
    keys = [row["key"] for row in asked(RULES, limit=1000)["results"]]
    assert keys.index("R4") < keys.index("R19") < keys.index("R38")
    (row,) = asked(RULES, firing="1")["results"]
    assert (row["key"], row["firing"], row["firing_critical"], row["unit"]) == ("R38", 1, 1, "ratio")
    assert row["stands"] == {"mark": "bad", "word": "Fires"}
    assert row["sentence"].startswith("when ")
    assert (row["own"], row["subject_kind"], row["metric"], row["changed_by"]) == (False, None, None, None)


def test_pages_hold_each_once(cluster: Cluster, asked: Ask, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    page = asked(RULES, limit=20)
    seen = [row["key"] for row in page["results"]]
    while page["next"]:
        with django_assert_num_queries(6):  # key, role; cluster, channels, alerts, rules
            page = asked(page["next"])
        seen += [row["key"] for row in page["results"]]
    assert len(seen) == len(set(seen)) == page["count"] == Rule.objects.count()


def test_a_change_is_kept_told_and_not_repeated(cluster: Cluster, asked: Ask, done: Do) -> None:
    channel("pager")
    sent = {"critical": 0.97, "for_seconds": 300, "channels": ["pager"]}
    changed = done(f"{RULES}R38/", method="patch", **sent)
    assert (changed["critical"], changed["for_seconds"], changed["channels"]) == (0.97, 300, ["pager"])
    assert (changed["changed_by"], changed["changes"][0]["by"]) == ("olga", "olga")
    assert "critical limit 97" in changed["changes"][0]["after"]
    again = done(f"{RULES}R38/", method="patch", **sent)
    assert again["changed_at"] == changed["changed_at"]
    assert Event.objects.filter(kind="rule").count() == 1
    assert asked(f"{RULES}R38/")["critical"] == 0.97


def test_what_the_store_refuses_is_told_by_field(cluster: Cluster, done: Do) -> None:
    problem = done(f"{RULES}R38/", method="patch", status=422, critical=None, critical_on=True)
    assert problem["errors"] == {"critical": ["Give a limit, or switch critical off."]}
    problem = done(f"{RULES}R38/", method="patch", status=422, name="mine")
    assert "name of R38 cannot be changed" in problem["detail"]
    assert rule(cluster, "R38").changed_by == ""


@pytest.mark.parametrize(
    "sent",
    [
        {"warning": "0.9"},
        {"warning": 10**400},
        {"warning_on": "yes"},
        {"for_seconds": -1},
        {"for_seconds": 10**9},
        {"channels": ["nobody"]},
        {"channels": [1]},
        {"measure": "mean"},
    ],
)
def test_what_is_not_understood_is_refused_by_field(cluster: Cluster, done: Do, sent: dict[str, Any]) -> None:
    assert list(done(f"{RULES}R38/", method="patch", status=400, **sent)["errors"]) == list(sent)


def test_an_unknown_field_is_named_with_those_there_are(cluster: Cluster, done: Do) -> None:
    problem = done(f"{RULES}R38/", method="patch", status=400, threshold=1)
    assert problem["detail"] == "There is no field threshold."
    assert "warning" in problem["allowed"]


def test_a_rule_that_only_holds_or_not_has_no_limit_to_change(cluster: Cluster, done: Do) -> None:
    key = next(one.key for one in Rule.objects.order_by("pk") if not in_words.unit(one))
    assert done(f"{RULES}{key}/", method="patch", repeat_seconds=3600)["unit"] is None
    problem = done(f"{RULES}{key}/", method="patch", status=422, warning=5)
    assert problem["errors"] == {"warning": ["This rule holds or does not: it can only be switched on or off."]}


def test_an_own_rule_is_made_changed_and_deleted(cluster: Cluster, asked: Ask, done: Do) -> None:
    made = own(done, name=HOSTILE)
    assert (made["name"], made["own"], made["subject_kind"], made["for_seconds"]) == (HOSTILE, True, "host", 600)
    assert (made["warning_on"], made["critical_on"]) == (True, False)
    address = f"{RULES}{made['key']}/"
    assert done(address, method="patch", name="busy", warning=2.5)["name"] == "busy"
    assert "Switch the rule off" in done(address, method="delete", status=422)["detail"]
    done(address, method="patch", warning_on=False)
    done(address, method="delete", status=204)
    assert "There is no rule" in done(address, method="delete", status=404)["detail"]
    assert [row["key"] for row in asked(RULES, own="true")["results"]] == []


def test_a_rule_of_the_catalogue_cannot_be_deleted(cluster: Cluster, done: Do) -> None:
    assert "switch it off" in done(f"{RULES}R38/", method="delete", status=422)["detail"]


def test_only_what_is_measured_can_be_watched_and_only_counters_have_rates(cluster: Cluster, done: Do) -> None:
    problem = done(RULES, status=400, **{**OWN, "metric": "cpus_usd"})
    assert "cpus_used" in problem["allowed"]
    assert list(problem["errors"]) == ["metric"]
    assert list(done(RULES, status=400, **{**OWN, "measure": "rate"})["errors"]) == ["measure"]
    made = own(done)
    address = f"{RULES}{made['key']}/"
    assert list(done(address, method="patch", status=400, measure="increase")["errors"]) == ["measure"]
    assert list(done(address, method="patch", status=400, metric="nothing")["errors"]) == ["metric"]
    assert Rule.objects.filter(own=True).count() == 1


def test_a_rule_is_tried_on_the_past_and_stays_as_it_is(cluster: Cluster, asked: Ask, done: Do) -> None:
    made = own(done)
    before = list(Rule.objects.values())
    address = f"{RULES}{made['key']}/back-test/"
    found = asked(address, days=1, warning=0.001, for_seconds=0)
    assert (found["fired"], found["subjects"]) == (2, 2)
    assert {one["severity"] for one in found["episodes"]} == {"warning"}
    assert found["title"].startswith("It would have fired 2 times")
    assert [value for value in found["values"] if value is not None]
    assert asked(address, days=1)["fired"] == 0
    assert list(Rule.objects.values()) == before


def test_a_rule_without_a_past_says_so(cluster: Cluster, asked: Ask) -> None:
    key = next(one.key for one in Rule.objects.all() if BY_KEY[one.key].history is None)
    assert "cannot be tried on the past" in asked(f"{RULES}{key}/back-test/", status=404)["detail"]
    assert asked(f"{RULES}{key}/back-test/", status=400, days=91)["parameter"] == "days"
    assert asked(f"{RULES}{key}/back-test/", status=400, warning="nan")["parameter"] == "warning"


def test_rules_as_csv(cluster: Cluster, key: str, done: Do) -> None:
    own(done, name=HOSTILE)
    answer = Client().get(RULES, {"format": "csv", "own": "1"}, headers={"Authorization": f"Token {key}"})
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 2
    assert f"'{HOSTILE}" in lines[1]
