from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from dashboard.models import Attempt, Channel, Cluster, Notice
from dashboard.roles import Role
from dashboard.store import channels
from tests import notices_owed
from tests.alerts.channels.test_email import Mailbox
from tests.faults.server import FaultServer, answer, free_port
from tests.pages.alerting import HOUR, rule, watched
from tests.pages.conftest import said, signed_in

pytestmark = pytest.mark.django_db
PAGE = "/c/prod/alerts/channels/"
NEW = f"{PAGE}new/"
HOOK = "https://hooks.example.org/daytwo"
SECRET = "s3cret-that-nobody-may-read"
COMMON = {"name": "ops", "least_severity": "warning", "backup": "", "per_minute": "20"}
MAIL = {
    **COMMON,
    "target": "ops@example.org",
    "sender": "daytwo@example.org",
    "server": "smtp+tls://mail.example.org:587",
    "login": "daytwo",
}
HOSTILE = "</td><script>alert(1)</script>\u202e"


@pytest.fixture
def cluster() -> Cluster:
    return watched()


@pytest.fixture
def admin(client: Client) -> Client:
    signed_in(client, Role.ADMIN, "ada")
    return client


def toast(answer: Any) -> str:
    return str(next(iter(answer.context["messages"]))).replace("\u00a0", " ")


def channel(name: str = "ops", **columns: Any) -> Channel:
    """One that delivered two minutes ago."""
    ago = timezone.now() - timedelta(minutes=2)
    columns = {
        "last_tried_at": ago,
        "last_sent_at": ago,
        "last_outcome": "ok",
        "last_detail": "answered 200",
        **columns,
    }
    return notices_owed.channel(name, **columns)


def test_without_a_channel_it_is_said_loud_that_nobody_is_told(viewer: Client, cluster: Cluster) -> None:
    text = said(viewer.get(PAGE))
    assert "Nobody is told There is no channel" in text and "0 channels are told of alerts; nothing waits." in text
    assert "needs the role admin" in text and "New channel" not in text
    assert "No dead-man switch is on" in text and "Notices hold no link" in text


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"enabled": False}, "Nobody is told Every channel is switched off, 1 in all."),
        ({"kind": "dead_man"}, "Nobody is told Only dead-man switches are on"),
        ({"least_severity": "critical"}, "Warnings are told to nobody Each channel that is on is told critical"),
    ],
)
def test_what_nobody_is_told_of_is_said(viewer: Client, cluster: Cluster, columns: dict[str, Any], told: str) -> None:
    only = channel(**columns)
    assert told in said(viewer.get(PAGE))
    channel("another")
    text = said(viewer.get(PAGE))
    assert "Nobody is told" not in text and "told to nobody" not in text
    assert only.name in text


def test_each_channel_says_how_it_fares_and_how_long_ago(viewer: Client, cluster: Cluster) -> None:
    now = timezone.now()
    channel("delivers")
    channel("off", enabled=False)
    channel("unused", last_tried_at=None, last_sent_at=None, last_outcome="", last_detail="")
    failing = {"failures_in_row": 7, "failing_since": now - timedelta(minutes=12), "last_outcome": "refused"}
    channel("fails", last_detail="hooks.example.org refused", **failing)
    channel("refuses", last_outcome=Attempt.REFUSED_BY_RECEIVER, last_detail="answered 400")
    channel("held", kind="dead_man", last_outcome=Channel.HELD_BACK, last_detail="the last poll is 4 min old")
    channel("slow", kind="dead_man", last_sent_at=now - HOUR)
    channel("beats", kind="dead_man", last_sent_at=now - timedelta(seconds=40))
    text = said(viewer.get(PAGE))
    assert "Delivered 2 min ago answered 200 warning and critical" in text
    assert "Off last delivered 2 min ago" in text and "Not tried yet — warning" in text
    assert "Failing for 12 min, 7 failed tries in a row connection refused — hooks.example.org refused" in text
    assert "Refused the last 2 min ago the receiver does not want this — answered 400" in text
    assert "Held back last delivered 2 min ago the last poll is 4 min old" in text
    assert "Late last delivered 1 h ago its beat is overdue" in text
    assert "Delivered 40 s ago answered 200 that all is well, every 1 min no notices" in text
    assert "4 channels are told of alerts, 1 of them fails now" in text and "No dead-man switch" not in text


def test_a_channel_is_failing_since_its_first_failure_until_it_takes_something(
    client: Client, cluster: Cluster, settings: Settings
) -> None:
    settings.ALLOW_LOOPBACK = True
    signed_in(client, Role.OPERATOR)
    with FaultServer({"/x": answer(status="503 Service Unavailable"), "/y": answer()}) as server:
        hook = channel(target=f"{server.url}/x")
        since = []
        for path in "xxy":
            Channel.objects.update(target=f"{server.url}/{path}")
            client.post(f"{PAGE}{hook.pk}/test/")
            hook.refresh_from_db()
            since.append((hook.failing_since, hook.failures_in_row))
            assert ("1 of them fails now" in said(client.get(PAGE))) is (path == "x")
    [(first, once), (second, twice), well] = since
    assert first is not None and first == second and (once, twice) == (1, 2) and well == (None, 0)


def test_what_waits_is_counted_with_its_age_and_leads_to_the_log(viewer: Client, cluster: Cluster) -> None:
    ops = channel(least_severity="warning")
    group = notices_owed.group(rule(cluster, "R38"))
    notices_owed.owe(group, Notice.Kind.PROBLEM, timezone.now() - timedelta(hours=3, minutes=10))
    notices_owed.owe(group, Notice.Kind.MORE, timezone.now())
    page = viewer.get(PAGE)
    assert "2 waiting, oldest 3 h 10 min" in said(page)
    assert f"deliveries/?state=owed&amp;channel={ops.pk}" in page.content.decode()


def test_a_second_channel_is_named_and_that_it_is_off(viewer: Client, cluster: Cluster) -> None:
    channel("first", backup=channel("second", enabled=False))
    assert "second off" in said(viewer.get(PAGE))


def test_rules_that_tell_only_some_are_listed_and_those_that_tell_nobody_stand_out(
    viewer: Client, cluster: Cluster
) -> None:
    assert "Rules that tell only some" in said(viewer.get(PAGE)) and "None." in said(viewer.get(PAGE))
    off, on = channel("pager", enabled=False), channel("mail")
    rule(cluster, "R38", warning_on=True).channels.set([off])
    rule(cluster, "R20", warning_on=True).channels.set([off, on])
    text = said(viewer.get(PAGE))
    assert "R38 pager off Tells nobody" in text and "R20 mail, pager off Tells" in text
    channels.set_enabled(off, True)
    assert "Tells nobody" not in said(viewer.get(PAGE))


def test_the_page_takes_as_many_queries_for_fifty_channels_and_a_thousand_notices_as_for_one(
    viewer: Client, cluster: Cluster
) -> None:
    first = channel("channel 0")
    named = rule(cluster, "R38")
    named.channels.set([first])
    with CaptureQueriesContext(connection) as one:
        viewer.get(PAGE)
    made = [channel(f"channel {number}", backup=first) for number in range(1, 50)]
    named.channels.set(made)
    group, now = notices_owed.group(named), timezone.now()
    known = {"group": group, "cluster": cluster, "kind": "problem", "severity": "critical", "created_at": now}
    Notice.objects.bulk_create(
        Notice(channel=made[n % 49], key=f"k{n}", thread=f"t{n}", subject="s", text="t", next_at=now, **known)
        for n in range(1000)
    )
    with CaptureQueriesContext(connection) as many:
        assert "1,000 waiting" in said(viewer.get(PAGE))
    assert len(many.captured_queries) == len(one.captured_queries) <= 15


def test_hostile_text_of_admin_and_receiver_is_shown_and_never_obeyed(viewer: Client, cluster: Cluster) -> None:
    bad = channel(f"n{HOSTILE}", kind=Channel.Kind.EMAIL, target=f"t{HOSTILE}", last_detail=f"d{HOSTILE}")
    rule(cluster, "R38").channels.set([bad])
    body = viewer.get(PAGE).content.decode()
    assert "<script>alert" not in body and "\u202e" not in body
    assert body.count("&lt;script&gt;alert(1)&lt;/script&gt;&lt;U+202E&gt;") >= 4


def test_each_kind_of_channel_has_its_own_form(admin: Client, cluster: Cluster) -> None:
    text = said(admin.get(NEW))
    assert "E-mail" in text and "Alertmanager" in text and "Dead-man switch" in text
    assert said(admin.get(NEW, {"kind": "pigeon"})) == text
    mail, switch = (admin.get(NEW, {"kind": kind}).content.decode() for kind in ("email", "dead_man"))
    assert 'name="server"' in mail and 'name="beat_seconds"' not in mail
    assert 'name="beat_seconds"' in switch and 'name="target"' not in switch and 'name="backup"' not in switch


@pytest.mark.parametrize(
    ("kind", "form", "target"),
    [
        ("email", {**MAIL, "secret": SECRET}, "ops@example.org"),
        ("webhook", {**COMMON, "target": HOOK, "secret": SECRET}, HOOK),
        (
            "alertmanager",
            {**COMMON, "target": "http://am.example.org:9093/", "secret": SECRET},
            "http://am.example.org:9093",
        ),
        ("apprise", {**COMMON, "secret": f"slack://{SECRET}/b/c"}, "slack"),
        (
            "dead_man",
            {"name": "ops", "beat_seconds": "30", "secret": f"https://hc.example.org/{SECRET}"},
            "https://hc.example.org/…",
        ),
    ],
)
def test_a_channel_is_made_and_its_secret_is_in_no_answer(
    admin: Client, cluster: Cluster, kind: str, form: dict[str, str], target: str
) -> None:
    made = admin.post(f"{NEW}?kind={kind}", form, follow=True)
    [kept] = Channel.objects.all()
    assert (kept.kind, kept.target, kept.enabled) == (kind, target, True)
    assert SECRET in (channels.secret_of(kept) or "") and kept.sealed_at is not None
    changed = admin.get(f"{PAGE}{kept.pk}/")
    assert " is stored, set on " in said(changed) and "leave the field empty to keep it" in said(changed)
    for answered in (made, changed, admin.get(PAGE), admin.get("/c/prod/alerts/deliveries/")):
        assert SECRET not in answered.content.decode()


@pytest.mark.parametrize(
    ("kind", "form", "told"),
    [
        (
            "email",
            {**MAIL, "server": "smtp://mail.example.org", "secret": SECRET},
            "A password is not sent in the clear",
        ),
        ("email", {**MAIL, "target": "nobody", "secret": SECRET}, "“nobody” is no mail address"),
        ("webhook", {**COMMON, "target": f"{HOOK}?a=b", "secret": SECRET}, "Leave out everything from the first ?"),
        ("webhook", {**COMMON, "target": "http://127.0.0.1/x", "secret": SECRET}, "It leads to this machine itself"),
        ("webhook", {**COMMON, "target": HOOK, "name": "", "secret": SECRET}, "This field is required."),
        ("alertmanager", {**COMMON, "target": HOOK, "secret": f"{SECRET}ü"}, "A token holds plain letters"),
        ("apprise", {**COMMON, "secret": f"{SECRET}"}, "Write it as apprise does"),
        ("apprise", {**COMMON, "secret": f"syslog://{SECRET}"}, "reaches only the machine Day Two runs on"),
        (
            "dead_man",
            {"name": "ops", "beat_seconds": "30", "secret": f"ftp://hc/{SECRET}"},
            "Give an http or https address",
        ),
        (
            "dead_man",
            {"name": "ops", "beat_seconds": "30", "secret": f"http://a:{SECRET}@hc/"},
            "Give an http or https address",
        ),
        (
            "dead_man",
            {"name": "ops", "beat_seconds": "30", "secret": f"http://169.254.169.254/{SECRET}"},
            "Give an http",
        ),
        ("dead_man", {"name": "ops", "beat_seconds": "1", "secret": f"https://hc/{SECRET}"}, "Between 10 s and a day"),
        ("webhook", {**COMMON, "target": HOOK, "per_minute": "0", "secret": SECRET}, "Between 1 and 6,000 a minute"),
        ("webhook", {**COMMON, "target": HOOK, "backup": "77", "secret": SECRET}, "Select a valid choice."),
    ],
)
def test_what_is_wrong_is_told_at_its_field_without_the_secret(
    admin: Client, cluster: Cluster, kind: str, form: dict[str, str], told: str
) -> None:
    answered = admin.post(f"{NEW}?kind={kind}", form)
    assert told in said(answered) and "What is secret is never put back into a page" in said(answered)
    assert SECRET not in answered.content.decode()
    assert not Channel.objects.exists()


def test_a_channel_is_changed_and_its_secret_stays_is_replaced_or_forgotten(admin: Client, cluster: Cluster) -> None:
    admin.post(f"{NEW}?kind=webhook", {**COMMON, "target": HOOK, "secret": SECRET})
    kept = Channel.objects.get()
    address, form = f"{PAGE}{kept.pk}/", {**COMMON, "name": "renamed", "target": HOOK}
    admin.post(address, {**form, "least_severity": "critical", "per_minute": "7"})
    kept.refresh_from_db()
    assert (kept.name, kept.least_severity, kept.per_minute, channels.secret_of(kept)) == (
        "renamed",
        "critical",
        7,
        SECRET,
    )
    moved = admin.post(address, {**form, "target": "https://elsewhere.example.org/"})
    assert "It now leads somewhere else: give the secret again, or forget it." in said(moved)
    both = admin.post(address, {**form, "secret": "new", "forget_secret": "on"})
    assert "Give a new signing key or forget the old one, not both." in said(both)
    admin.post(address, {**form, "secret": "another"})
    kept.refresh_from_db()
    assert channels.secret_of(kept) == "another"
    admin.post(address, {**form, "forget_secret": "on"})
    kept.refresh_from_db()
    assert kept.sealed is None and kept.sealed_at is None
    assert "is stored" not in said(admin.get(address)) and "forget_secret" not in admin.get(address).content.decode()


def test_a_channel_may_not_stand_in_for_itself_and_no_dead_man_for_any(admin: Client, cluster: Cluster) -> None:
    ops = channel("ops")
    switch = channel("switch", kind="dead_man")
    offered = admin.get(f"{PAGE}{ops.pk}/").content.decode()
    assert f'<option value="{ops.pk}"' not in offered and f'<option value="{switch.pk}"' not in offered
    answered = admin.post(f"{PAGE}{ops.pk}/", {**COMMON, "target": ops.target, "backup": str(switch.pk)})
    assert "Select a valid choice." in said(answered)
    ops.refresh_from_db()
    assert ops.backup is None


def test_a_channel_is_switched_off_and_on(admin: Client, cluster: Cluster) -> None:
    ops = channel()
    for way, on in (("off", False), ("sideways", False), ("on", True)):
        admin.post(f"{PAGE}{ops.pk}/switch/", {"set": way})
        ops.refresh_from_db()
        assert ops.enabled is on


def test_a_channel_is_deleted_once_its_name_was_typed(admin: Client, cluster: Cluster) -> None:
    ops = channel("on-call pager")
    assert "type on-call pager to confirm" in toast(
        admin.post(f"{PAGE}{ops.pk}/delete/", {"confirm": "x"}, follow=True)
    )
    assert Channel.objects.exists()
    admin.post(f"{PAGE}{ops.pk}/delete/", {"confirm": "on-call pager"})
    assert not Channel.objects.exists()


def test_a_test_is_sent_at_once_and_its_outcome_told_in_words(
    client: Client, cluster: Cluster, settings: Settings
) -> None:
    settings.ALLOW_LOOPBACK = True
    signed_in(client, Role.OPERATOR)
    script = {
        "/ok": answer(),
        f"/{SECRET}": answer(),
        "/busy": answer(status="503 Service Unavailable"),
        "/api/v2/alerts": answer(),
    }
    with FaultServer(script) as server:
        hook, busy = channel("hook", target=f"{server.url}/ok"), channel("busy", target=f"{server.url}/busy")
        manager = channel("manager", kind="alertmanager", target=server.url)
        beats = channel("beats", kind="dead_man", target="…", secret=f"{server.url}/{SECRET}")
        told = {
            one.name: toast(client.post(f"{PAGE}{one.pk}/test/", follow=True)) for one in (hook, busy, manager, beats)
        }
    for name in ("hook", "manager", "beats"):
        assert told[name].startswith(f"Test of {name}: delivered in ") and told[name].endswith(" s — answered 200")
    assert told["busy"].startswith("Test of busy: not delivered after ") and "the server failed — " in told["busy"]
    assert SECRET not in told["beats"] and Attempt.objects.count() == 3 and len(server.seen) == 4
    text = said(client.get(PAGE))
    assert "Failing for" in text and "the server failed" in text


def test_a_mail_and_an_unknown_service_are_tested_too(client: Client, cluster: Cluster) -> None:
    signed_in(client, Role.OPERATOR)
    box, port = Mailbox(), free_port()
    mail = {"kind": "email", "target": "ops@example.org", "sender": "daytwo@example.org"}
    inbox = channel("inbox", server=f"smtp://127.0.0.1:{port}", **mail)
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        told = toast(client.post(f"{PAGE}{inbox.pk}/test/", follow=True))
    finally:
        controller.stop()
    assert told.startswith("Test of inbox: delivered in ") and "TEST of the channel inbox" in box.mails()[0]["subject"]
    service = channel("service", kind="apprise", target="nosuch", secret=f"nosuch://{SECRET}")
    told = toast(client.post(f"{PAGE}{service.pk}/test/", follow=True))
    assert told.startswith("Test of service: not delivered after ") and SECRET not in told


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_below_admin_nothing_can_be_changed_nor_is_it_offered(client: Client, cluster: Cluster, role: Role) -> None:
    ops = channel()
    signed_in(client, role)
    body = client.get(PAGE).content.decode()
    assert "/switch/" not in body and f'{PAGE}{ops.pk}/"' not in body and ("/test/" in body) is (role is Role.OPERATOR)
    for address in (NEW, f"{PAGE}{ops.pk}/", f"{PAGE}{ops.pk}/switch/", f"{PAGE}{ops.pk}/delete/"):
        assert client.post(address, {"set": "off", "confirm": "ops"}).status_code == 403
    if role is Role.VIEWER:
        assert client.post(f"{PAGE}{ops.pk}/test/").status_code == 403
    ops.refresh_from_db()
    assert ops.enabled and not Notice.objects.exists()


def test_doors_want_a_post_and_its_token(cluster: Cluster) -> None:
    ops = channel()
    strict = Client(enforce_csrf_checks=True)
    signed_in(strict, Role.ADMIN)
    for door in ("switch", "delete", "test"):
        assert strict.get(f"{PAGE}{ops.pk}/{door}/").status_code == 405
        assert strict.post(f"{PAGE}{ops.pk}/{door}/", {"set": "off", "confirm": "ops"}).status_code == 403
    assert strict.post(f"{NEW}?kind=webhook", {**COMMON, "target": HOOK}).status_code == 403
    ops.refresh_from_db()
    assert ops.enabled and Channel.objects.count() == 1


def test_a_channel_or_cluster_that_is_not_there_is_a_404(admin: Client, cluster: Cluster) -> None:
    assert admin.get(f"{PAGE}77/").status_code == 404 and admin.post(f"{PAGE}77/test/").status_code == 404
    ops = channel()
    assert admin.post(f"/c/nowhere/alerts/channels/{ops.pk}/delete/", {"confirm": "ops"}).status_code == 404
    assert Channel.objects.exists()


def test_a_key_in_the_path_of_a_receivers_url_is_seen_by_admins_only(viewer: Client, cluster: Cluster) -> None:
    channel("chat", target="https://hooks.example.org/services/T000/hush")
    body = viewer.get(PAGE).content.decode()
    assert "https://hooks.example.org" in body and "hush" not in body
