"""Who has what is wrong, on Now: failures and alerts, who took them, and what an operator can do from here."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from dashboard.models import Alert, Cluster, Incident, Silence
from dashboard.roles import Role
from tests.builders import master, summary, write, write_masters
from tests.pages import alerting
from tests.pages.alerting import watched
from tests.pages.conftest import signed_in
from tests.pages.failing import failed

pytestmark = pytest.mark.django_db
Kind = Incident.Kind


@pytest.fixture
def cluster() -> Cluster:
    cluster, now = watched(), timezone.now()
    write_masters(cluster, master(at=now), now=now)
    write(cluster, summary(now))
    return cluster


def section(client: Client) -> str:
    html = client.get("/c/prod/").content.decode()
    found = re.search(r'<section class="section" id="who".*?</section>', html, re.DOTALL)
    assert found
    return found[0]


def forms(html: str) -> list[tuple[str, dict[str, str]]]:
    """Address and hidden fields of each form, without Django's own."""
    found = re.findall(r'<form method="post" action="([^"]+)">(.*?)</form>', html, re.DOTALL)
    field = re.compile(r'name="([^"]+)" value="([^"]*)"')
    return [
        (address, {name: value for name, value in field.findall(body) if "csrf" not in name}) for address, body in found
    ]


def test_a_failure_and_an_alert_that_nobody_has_offer_to_be_taken(client: Client, cluster: Cluster) -> None:
    signed_in(client, Role.OPERATOR)
    one = failed(cluster, Kind.AGENT_PROCESS, "10.0.0.242", 130, effect="18 tasks at risk")
    fires = alerting.alert(cluster, host="10.0.0.31", sentence="/var is full")
    html = section(client)
    assert html.index("Agent process 10.0.0.242: 18 tasks at risk") < html.index("/var is full")
    assert html.count("Nobody has it") == 2 and f'href="/c/prod/failures/{one.pk}/"' in html
    assert [address for address, _ in forms(html)] == [
        f"/c/prod/failures/{one.pk}/act/",
        "/c/prod/alerts/silences/new/",
        "/c/prod/alerts/act/",
        "/c/prod/alerts/silences/new/",
    ]
    assert fires.acknowledged_at is None


def test_the_buttons_do_what_they_say(client: Client, cluster: Cluster) -> None:
    user = signed_in(client, Role.OPERATOR)
    one = failed(cluster, Kind.HOST, "10.0.0.242", 130)
    alerting.alert(cluster, host="10.0.0.31", sentence="/var is full")
    (take, silence_host, acknowledge, silence_alert) = forms(section(client))
    for address, fields in (take, acknowledge, silence_host, silence_alert):
        assert client.post(address, fields).status_code == 302
    one.refresh_from_db()
    assert (one.taken_by, Alert.objects.get().acknowledged_by) == (user, user)
    found = {silence.matcher: silence for silence in Silence.objects.all()}
    assert set(found) == {"node:10.0.0.242", "rule:R38 node:10.0.0.31"}
    for silence in found.values():
        assert silence.ends_at - silence.begins_at == timedelta(hours=1)
        assert silence.tell_at_end and silence.why.startswith("From Now: ")


def test_many_alerts_of_a_rule_are_one_line_that_takes_all_of_them(client: Client, cluster: Cluster) -> None:
    signed_in(client, Role.OPERATOR)
    for number in range(4):
        alerting.alert(cluster, host=f"10.0.0.{number}")
    (acknowledge, _) = forms(section(client))
    client.post(acknowledge[0], {name: value.replace("&amp;", "&") for name, value in acknowledge[1].items()})
    assert not Alert.objects.filter(acknowledged_at=None).exists()


def test_a_viewer_reads_words_and_finds_no_button(client: Client, cluster: Cluster) -> None:
    signed_in(client, Role.VIEWER)
    failed(cluster, Kind.HOST, "10.0.0.242", 130)
    html = section(client)
    assert "Nobody has it" in html and "Open incident" in html and "<button" not in html


def test_who_took_it_is_named_and_what_nobody_has_stands_first(client: Client, cluster: Cluster) -> None:
    signed_in(client, Role.OPERATOR)
    ana = User.objects.create_user("ana")
    failed(cluster, Kind.HOST, "10.0.0.242", 130, taken_by=ana)
    alerting.alert(cluster, host="10.0.0.31", sentence="of nobody")
    alerting.alert(cluster, host="10.0.0.32", sentence="of ana", acknowledged_by=ana, acknowledged_at=timezone.now())
    html = section(client)
    assert html.index("of nobody") < html.index("Host 10.0.0.242")
    assert html.count("by <b>ana") == 2 and len(forms(html)) == 2


def test_what_is_silenced_is_counted_and_planned_failures_are_nobodys_business(
    client: Client, cluster: Cluster
) -> None:
    signed_in(client, Role.OPERATOR)
    alerting.alert(cluster, silence=alerting.silence(cluster, "rule:R38"))
    failed(cluster, Kind.HOST, "10.0.0.242", 130, planned=True)
    html = section(client)
    assert "Nothing needs somebody" in html and "1\u00a0alert besides is silenced" in html


def test_more_than_five_are_counted(client: Client, cluster: Cluster) -> None:
    signed_in(client, Role.VIEWER)
    for number in range(7):
        failed(cluster, Kind.HOST, f"10.0.0.{number}", 130)
    html = section(client)
    assert html.count("<li>") == 5 and "2 more stand on" in html


@pytest.mark.parametrize(("kind", "told"), [("email", True), ("dead_man", False)])
def test_without_a_channel_it_is_said_that_nobody_is_told(
    client: Client, cluster: Cluster, kind: str, told: bool
) -> None:
    signed_in(client, Role.VIEWER)
    assert "Nobody is told" in section(client)
    channel = alerting.channel()
    channel.kind = kind
    channel.save()
    assert ("Nobody is told" not in section(client)) is told


def test_hostile_text_stays_text(client: Client, cluster: Cluster) -> None:
    signed_in(client, Role.OPERATOR)
    failed(cluster, Kind.SCHEDULER, "f", 60, name="<script>alert(1)</script>\u202e")
    html = section(client)
    assert "<script>" not in html and "&lt;script&gt;" in html and "\u202e" not in html
