"""Alerts, rules and silences in a real browser: both themes, wide and narrow, under the product's own policy."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from dashboard.models import Alert, Rule, Silence
from dashboard.roles import Role, grant
from tests import builders
from tests.browser.conftest import LOOKS, Open, ill_looks, until
from tests.pages.alerting import HOUR, alert, channel, notice, rule, silence, watched

pytestmark = pytest.mark.browser

ALERTS = "/c/prod/alerts/"
TRIED = (
    "rules/R19/?do=try&warning=60+%25&warning_on=on&critical=90+%25&critical_on=on&for_seconds=0"
    "&clear_seconds=0&repeat_seconds=0"
)
PAGES = [
    "",
    "{alert}/",
    "rules/",
    "rules/R38/",
    "rules/new/?subject_kind=cluster",
    "silences/?what=node:10.0.0.2",
    TRIED,
]


def fill() -> None:
    """Alerts in every state with long names, messages, silences, rules, and three hours of figures to try a rule on."""
    cluster, now = watched(), timezone.now()
    start = now.replace(second=0, microsecond=0) - timedelta(minutes=now.minute % 10)
    for minutes in range(180, 0, -10):
        builders.write(cluster, builders.summary(start - timedelta(minutes=minutes)))
    kept = silence(cluster, "rule:R38 node:10.0.0.31", why="disk ordered, and a reason that is rather long to read")
    silence(cluster, "node:10.0.0.2,10.0.0.3", begins=HOUR, ends=2 * HOUR, kind="maintenance")
    first = alert(cluster, "R8", "10.0.0.2", severity="critical", flapping=True, unknown_since=now)
    alert(cluster, "R38", "10.0.0.31", value=0.91, limit=0.8, measured_at=now, silence=kept)
    alert(cluster, "R36", "a-host-with-a-very-long-name.eu-central-1.compute.internal.example.org", note="on it")
    alert(cluster, "R35", "10.0.0.5", state="pending")
    for number in range(6):
        alert(cluster, "R44", f"10.0.0.{number}", reason="spark-dispatcher-with-a-very-long-name-indeed")
    notice(first, channel(), sent_at=now, attempts=2)
    rule(cluster, "R20", closest_value=0.8, closest_name="the cluster", judged_at=now)
    rule(cluster, "R21", error="no such column")


@pytest.fixture
def visit(open_signed_in: Open) -> Open:
    """Opens an address of what `fill` made, signed in as an operator."""
    fill()
    grant(User.objects.get(username="ana"), Role.OPERATOR)
    return open_signed_in


@pytest.mark.parametrize(("dark", "width"), LOOKS)
def test_all_pages_fit_a_phone_and_a_desk_shut_nobody_out_and_the_policy_refuses_nothing(
    visit: Open, complaints: list[str], dark: bool, width: int
) -> None:
    page, shown = visit(ALERTS, dark=dark, width=width), Alert.objects.latest("pk").pk
    for path in PAGES:
        page.goto(page.url.partition("/c/")[0] + ALERTS + path.format(alert=shown))
        assert ill_looks(page) == [], path
    assert not complaints


def test_a_note_is_reached_by_a_and_enter_takes_what_was_chosen(visit: Open) -> None:
    page = visit(ALERTS)
    page.check("tr.r-bad input[name=pick]")
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("a")
    page.keyboard.type("on my way")
    page.keyboard.press("Enter")
    page.wait_for_selector(".toast")
    taken = Alert.objects.get(acknowledged_at__isnull=False)
    assert (taken.rule.key, taken.note) == ("R8", "on my way")


def test_what_was_chosen_stays_chosen_when_the_list_is_refreshed(visit: Open, settings: Settings) -> None:
    settings.REFRESH_SECONDS = 2
    page = visit(ALERTS)
    page.check("tr.r-bad input[name=pick]")
    page.evaluate("document.querySelector('#list table').dataset.old = 'yes'")
    until(page, "!document.querySelector('#list table').dataset.old")
    assert page.is_checked("tr.r-bad input[name=pick]")


def test_the_effect_of_a_silence_is_shown_while_it_is_typed(visit: Open, complaints: list[str]) -> None:
    page = visit(f"{ALERTS}silences/")
    page.fill("#id_what", "rule:R44")
    until(page, "document.querySelector('#preview').innerText.includes('6 of')")
    page.fill("#id_what", "rule:R44 severity:critical")
    until(page, "document.querySelector('#preview').innerText.includes('Nothing that fires now')")
    assert Silence.objects.count() == 2 and not complaints


def test_a_rule_that_was_tried_has_its_chart(visit: Open) -> None:
    page = visit(ALERTS + TRIED)
    page.locator("#backtest").scroll_into_view_if_needed()
    until(page, "document.querySelectorAll('#backtest .scatterlayer .js-line').length > 0")
    assert Rule.objects.get(key="R19").changed_by == ""
