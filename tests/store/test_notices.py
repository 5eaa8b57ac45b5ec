from __future__ import annotations

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries, Settings

from dashboard.models import Alert, Channel, Notice, NoticeLine, Severity
from dashboard.store import notices
from dashboard.store.notices import Owed
from tests import notices_owed
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db
CRITICAL, WARNING = Severity.CRITICAL, Severity.WARNING


def told(found: list[Notice]) -> list[str]:
    return [notice.channel.name for notice in found]


def test_a_warning_does_not_wake_those_who_want_critical_ones_only() -> None:
    notices_owed.channel("all")
    notices_owed.channel("wake", least_severity=CRITICAL)
    assert told(notices_owed.owe(notices_owed.group(severity=WARNING))) == ["all"]
    assert told(notices_owed.owe(notices_owed.group(reason="other"))) == ["all", "wake"]


def test_a_rule_that_names_its_channels_tells_nobody_else() -> None:
    named, _ = notices_owed.channel("named", least_severity=CRITICAL), notices_owed.channel("other")
    group = notices_owed.group(severity=WARNING)
    group.rule.channels.add(named)
    assert told(notices_owed.owe(group)) == ["named"]


def test_a_channel_that_is_switched_off_and_a_dead_man_are_told_nothing() -> None:
    notices_owed.channel("off", enabled=False)
    notices_owed.channel("beat", kind=Channel.Kind.DEAD_MAN)
    assert notices_owed.owe(notices_owed.group()) == []


def test_a_recovery_is_owed_to_those_who_heard_of_the_problem_and_to_them_only() -> None:
    notices_owed.channel("early")
    group = notices_owed.group()
    notices_owed.owe(group)
    notices_owed.channel("late")
    assert told(notices_owed.owe(group, Notice.Kind.RECOVERY)) == ["early"]
    assert notices_owed.owe(notices_owed.group(reason="never told"), Notice.Kind.RECOVERY) == []


def test_when_it_gets_worse_those_are_told_too_whom_a_warning_did_not_disturb() -> None:
    notices_owed.channel("all")
    notices_owed.channel("wake", least_severity=CRITICAL)
    group = notices_owed.group(severity=WARNING)
    notices_owed.owe(group)
    group.severity = CRITICAL
    assert told(notices_owed.owe(group, Notice.Kind.WORSE)) == ["all", "wake"]
    assert told(notices_owed.owe(group, Notice.Kind.RECOVERY)) == ["all", "wake"]


def test_all_notices_of_a_group_on_a_channel_share_a_thread_and_each_has_its_own_key() -> None:
    notices_owed.channel("one")
    notices_owed.channel("two")
    group = notices_owed.group()
    first, second = notices_owed.owe(group), notices_owed.owe(group, Notice.Kind.RECOVERY)
    assert first[0].thread == second[0].thread != first[1].thread
    assert len({notice.key for notice in first + second}) == 4


def test_a_notice_says_where_what_since_when_how_much_who_has_it_and_where_to_look(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://daytwo.example.org"
    notices_owed.channel()
    [notice] = notices_owed.owe(notices_owed.group())
    assert notice.subject == "CRITICAL prod: memory of 10.0.0.1 is 91 % allocated, over 90 %"
    for said in (
        "R20 memory allocated: 1 alert",
        "node 10.0.0.1",
        "value 91 %, limit 90 %",
        "critical since 22 Nov 2026 12:00:00 UTC",
        "nobody has it",
        f"https://daytwo.example.org/c/prod/alerts/{Alert.objects.get().pk}/",
    ):
        assert said in notice.text


def test_of_a_rule_that_only_holds_or_does_not_no_numbers_are_told() -> None:
    notices_owed.channel()
    group = notices_owed.group()
    silent = notices_owed.alert(group, value=1.0, limit=0.0, sentence="agent 10.0.0.1 is silent")
    owed = Owed(group=group, kind=Notice.Kind.PROBLEM, severity="critical", alerts=[silent], unit="")
    with transaction.atomic():
        notices.owe([owed], NOON)
    assert "silent" in (text := Notice.objects.get().text) and "value" not in text and "limit" not in text


def test_without_a_public_address_a_notice_has_no_link() -> None:
    notices_owed.channel()
    [notice] = notices_owed.owe(notices_owed.group())
    assert "http" not in notice.text


def test_of_many_alerts_the_first_twenty_are_lines_and_the_others_a_count() -> None:
    notices_owed.channel()
    group = notices_owed.group()
    alerts = [notices_owed.alert(group, f"10.0.0.{number}") for number in range(1, 43)]
    [notice] = notices_owed.owe(group, Notice.Kind.PROBLEM, NOON, *alerts)
    assert notice.alerts == 42
    assert notice.subject.startswith("CRITICAL prod: 42 × memory allocated, worst: memory of 10.0.0.1 is 91 %")
    assert [line.host for line in notice.lines.all()] == [alert.host for alert in alerts[:20]]
    assert "and 22 more" in notice.text


def test_what_a_cluster_says_stays_text_and_cannot_break_a_line() -> None:
    notices_owed.channel()
    group = notices_owed.group()
    evil = "{{7*7}} {0.__class__} {% load x %}\r\nBcc: all@example.org\u202eX"
    notices_owed.alert(group, sentence=evil)
    [notice] = notices_owed.owe(group)
    assert "{{7*7}} {0.__class__} {% load x %}" in notice.subject
    assert not {"\r", "\n", "\u202e"} & set(notice.subject)
    assert "\nBcc" not in notice.text and "<U+202E>" in notice.text


def test_the_recovery_says_when_each_alert_ended() -> None:
    notices_owed.channel()
    group = notices_owed.group()
    notices_owed.owe(group)
    Alert.objects.update(state=Alert.State.RESOLVED, ended_at=later(90))
    [notice] = notices_owed.owe(group, Notice.Kind.RECOVERY, later(90))
    assert notice.subject.startswith("RESOLVED prod") and "ended 22 Nov 2026 12:01:30 UTC" in notice.text
    assert NoticeLine.objects.get(notice=notice).ended_at == later(90)


def test_a_storm_costs_as_many_queries_as_a_single_alert(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    notices_owed.channel("one")
    notices_owed.channel("two")
    owed = []
    for number in range(20):
        group = notices_owed.group(reason=f"reason {number}")
        alerts = [notices_owed.alert(group, f"host-{number}-{place}") for place in range(25)]
        owed.append(Owed(group=group, kind=Notice.Kind.PROBLEM, severity=CRITICAL, alerts=alerts))
    with django_assert_max_num_queries(9):
        assert notices.owe(owed, NOON) == 40
    assert NoticeLine.objects.count() == 40 * 20
