"""Channels and the delivery log in a real browser: both themes, wide and narrow, under the product's own policy."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from dashboard.models import Attempt, Channel, Cluster, Notice
from dashboard.roles import Role, grant
from tests import notices_owed
from tests.browser.conftest import LOOKS, Open, ill_looks, until
from tests.faults.server import FaultServer, answer
from tests.pages.alerting import HOUR, rule, watched

pytestmark = pytest.mark.browser

ALERTS = "/c/prod/alerts/"
KINDS = [f"channels/new/?kind={kind}" for kind in Channel.Kind.values]
PAGES = ["channels/", "channels/new/", *KINDS, "channels/{channel}/", "deliveries/", "deliveries/?state=dead"]
LONG = "a-name-that-nobody-would-give-but-somebody-did.eu-central-1.compute.internal.example.org"
TEXT = f"CRITICAL on prod: {LONG} is silent to Mesos\n\n" + f"  {'0123456789' * 20}\n"


def fill() -> Channel:
    """Channels in every state, one with a long name, and notices that are owed, sent and given up, with their tries."""
    cluster, now = watched(), timezone.now()
    mail = notices_owed.channel("mail ops@", "email", target="ops@example.org, oncall@example.org", enabled=False)
    failing = notices_owed.channel(
        LONG, "alertmanager", target=f"https://{LONG}:9093", backup=mail, secret="token", failures_in_row=7,
        failing_since=now - timedelta(minutes=12), last_tried_at=now, last_outcome="refused",
        last_detail=f"{LONG}:9093 refused the connection: nothing listens there",
    )  # fmt: skip
    notices_owed.channel("switch", "dead_man", target="https://hc.example.org/…", last_outcome="held_back")
    rule(cluster, "R38").channels.set([mail])
    for number, ended in enumerate(({}, {"sent_at": now}, {"dead_at": now}, {"dead_at": now})):
        owed = _notice(failing, cluster, number)
        Notice.objects.filter(pk=owed.pk).update(attempts=3, **ended)
        for times in range(3):
            at = now - HOUR + timedelta(minutes=times)
            Attempt.objects.create(notice=owed, at=at, seconds=15.0, outcome="timeout_body", detail=LONG)
    return failing


def _notice(channel: Channel, cluster: Cluster, number: int) -> Notice:
    then = timezone.now() - HOUR
    said = {"subject": f"CRITICAL prod: {LONG} is silent to Mesos", "text": TEXT, "kind": "problem", "alerts": 3}
    unique = {"key": f"k{number}", "thread": f"t{number}", "created_at": then, "next_at": then}
    return Notice.objects.create(channel=channel, cluster=cluster, severity="critical", **said, **unique)


@pytest.fixture
def visit(open_signed_in: Open) -> Open:
    """Opens an address of what `fill` made, signed in as an admin."""
    fill()
    grant(User.objects.get(username="ana"), Role.ADMIN)
    return open_signed_in


def addresses() -> list[str]:
    return [ALERTS + path.format(channel=Channel.objects.get(name=LONG).pk) for path in PAGES]


@pytest.mark.parametrize(("dark", "width"), LOOKS)
def test_all_pages_fit_a_phone_and_a_desk_shut_nobody_out_and_the_policy_refuses_nothing(
    visit: Open, complaints: list[str], dark: bool, width: int
) -> None:
    page, paths = visit(ALERTS, dark=dark, width=width), addresses()
    for path in paths:
        page.goto(page.url.partition("/c/")[0] + path)
        for summary in page.locator("main details > summary").all():
            summary.click()
        assert ill_looks(page) == [], path
    assert not complaints


def test_a_channel_is_made_tried_and_its_outcome_read(visit: Open, settings: Settings) -> None:
    settings.ALLOW_LOOPBACK = True
    with FaultServer({"/x": answer()}) as server:
        page = visit(f"{ALERTS}channels/")
        page.click("text=New channel")
        page.click("text=Webhook")
        page.fill("#id_name", "new hook")
        page.fill("#id_target", f"{server.url}/x")
        page.fill("#id_secret", "signing key")
        page.click("button.primary")
        page.wait_for_selector(".toast")
        page.click('[aria-label="Send a test to new hook"]')
        until(page, "document.querySelector('.toast')?.innerText.includes('Test of new hook: delivered in')")
    assert [seen.method for seen in server.seen] == ["POST"] and "x-daytwo-signature" in server.seen[0].headers
    assert "signing key" not in page.content()


def test_a_text_that_was_opened_stays_open_when_the_log_is_refreshed(visit: Open, settings: Settings) -> None:
    settings.REFRESH_SECONDS = 2
    page = visit(f"{ALERTS}deliveries/")
    page.locator("#list details > summary").first.click()
    page.evaluate("document.querySelector('#list table').dataset.old = 'yes'")
    until(page, "!document.querySelector('#list table').dataset.old")
    assert page.locator("#list details[open]").count() == 1 and page.get_by_text("0123456789").first.is_visible()


def test_a_dead_letter_is_taken_up_again_by_a_press(visit: Open) -> None:
    page = visit(f"{ALERTS}deliveries/?state=dead")
    page.click("text=Retry all 2 on this page")
    page.wait_for_selector(".toast")
    assert not Notice.objects.exclude(dead_at=None).exists()
    assert page.locator("#list table").count() == 0
