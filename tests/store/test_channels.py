from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from dashboard.models import Channel, Notice
from dashboard.store import channels, sealing
from dashboard.store.channels import Given
from tests import notices_owed
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db
HOOK = "https://hooks.example.org/daytwo"
MAIL = {
    "kind": "email",
    "target": "ops@example.org",
    "sender": "daytwo@example.org",
    "server": "smtp+tls://mail.test:587",
}


def given(**said: Any) -> Given:
    return Given(**{"name": "ops", "kind": "webhook", "target": HOOK, **said})


def made(**said: Any) -> Channel:
    return channels.create(given(**said), NOON)


def wrong(known: Channel | None = None, **said: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        channels.change(known, given(**said), NOON) if known else made(**said)
    return caught.value.message_dict


def test_a_channel_is_made_switched_on_and_its_secret_sealed() -> None:
    channel = made(secret="shared key")
    assert channel.enabled and channel.created_at == NOON and channel.target == HOOK
    channel.refresh_from_db()
    assert channel.sealed is not None and b"shared key" not in bytes(channel.sealed)
    assert channels.secret_of(channel) == "shared key" and "shared key" not in repr(given(secret="shared key"))


def test_when_a_secret_was_set_is_known_and_forgotten_with_it() -> None:
    channel = made(secret="x")
    assert channel.sealed_at == NOON
    channels.change(channel, given(name="renamed"), later(60))
    assert channel.sealed_at == NOON
    channels.change(channel, given(secret="y"), later(60))
    assert channel.sealed_at == later(60)
    channels.change(channel, given(forget_secret=True), later(90))
    channel.refresh_from_db()
    assert channel.sealed_at is None


def test_what_is_wrong_with_a_url_that_is_a_secret_is_told_without_it() -> None:
    for url in ("https://a:s3cret@hc.test/", "ftp://hc.test/s3cret", "http://169.254.169.254/s3cret", "s3c ret"):
        found = wrong(kind="dead_man", target="", secret=url)
        assert list(found) == ["secret"] and "s3c" not in str(found)


def test_a_secret_opens_for_its_own_channel_only_and_for_no_cluster() -> None:
    one, two = made(secret="x"), made(name="two", secret="y")
    one.sealed = two.sealed
    with pytest.raises(sealing.CannotOpen):
        channels.secret_of(one)
    of_cluster = sealing.seal("token", two.pk)
    assert sealing.unseal(of_cluster, two.pk) == "token"
    for sealed, opened in ((of_cluster, sealing.unseal_for_channel), (bytes(two.sealed or b""), sealing.unseal)):
        with pytest.raises(sealing.CannotOpen):
            opened(sealed, two.pk)


def test_without_a_new_secret_the_old_one_stays_and_it_can_be_forgotten() -> None:
    channel = channels.change(made(secret="x"), given(name="renamed"), NOON)
    assert (channel.name, channels.secret_of(channel)) == ("renamed", "x")
    assert channels.secret_of(channels.change(channel, given(forget_secret=True), NOON)) is None


def test_a_secret_is_not_told_to_another_place_than_it_was_given_for() -> None:
    elsewhere = "https://other.example.org/"
    assert "secret" in wrong(made(secret="x"), target=elsewhere)
    assert "secret" in wrong(
        made(name="mail", secret="x", login="ops", **MAIL), name="mail", **{**MAIL, "login": "you"}
    )
    moved = channels.change(Channel.objects.get(name="ops"), given(target=elsewhere, secret="y"), NOON)
    assert channels.secret_of(moved) == "y"


def test_of_a_url_that_is_a_secret_only_the_service_or_the_host_is_seen() -> None:
    slack = made(name="slack", kind="apprise", target="", secret="slack://a/b/c/#ops")
    switch = made(name="switch", kind="dead_man", target="", secret="https://hc.example.org/ping/uuid")
    assert (slack.target, switch.target) == ("slack", "https://hc.example.org/…")
    assert channels.change(slack, given(name="slack", kind="apprise", target=""), NOON).target == "slack"
    assert channels.secret_of(switch) == "https://hc.example.org/ping/uuid"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": " "}, "name"),
        ({"kind": "pigeon"}, "kind"),
        ({"least_severity": "info"}, "least_severity"),
        ({"per_minute": 0}, "per_minute"),
        ({"beat_seconds": 1}, "beat_seconds"),
        ({"target": ""}, "target"),
        ({"target": "ftp://example.org/"}, "target"),
        ({"target": "https://user:pass@example.org/"}, "target"),
        ({"target": "http://169.254.169.254/"}, "target"),
        ({"target": "http://127.0.0.1:9093"}, "target"),
        ({"target": "http://localhost/"}, "target"),
        ({"target": f"{HOOK}?token=x"}, "target"),
        ({"target": f"{HOOK}\nX"}, "target"),
        ({"secret": "x\r\ny"}, "secret"),
        ({"kind": "alertmanager", "secret": "tökén"}, "secret"),
        ({"kind": "apprise", "secret": ""}, "secret"),
        ({"kind": "apprise", "secret": "no url"}, "secret"),
        ({"kind": "apprise", "secret": "syslog://localhost"}, "secret"),
        ({"kind": "dead_man", "secret": ""}, "secret"),
        ({"kind": "dead_man", "secret": "http://127.0.0.1/ping"}, "secret"),
        ({**MAIL, "target": "ops"}, "target"),
        ({**MAIL, "target": "a@example.org, b"}, "target"),
        ({**MAIL, "target": "a@example.org\nBcc: c@example.org"}, "target"),
        ({**MAIL, "sender": ""}, "sender"),
        ({**MAIL, "server": "mail.example.org"}, "server"),
        ({**MAIL, "server": "smtp://mail.test", "login": "ops"}, "server"),
        ({**MAIL, "server": "smtp+tls://mail.test:99999"}, "server"),
        ({**MAIL, "login": "ops", "secret": "h\u00fcsch"}, "secret"),
    ],
)
def test_what_cannot_work_is_refused_by_field_in_words(said: dict[str, Any], field: str) -> None:
    assert list(wrong(**said)) == [field] and not Channel.objects.exists()


def test_private_networks_are_where_an_alertmanager_lives() -> None:
    assert made(kind="alertmanager", target="http://10.1.2.3:9093/").target == "http://10.1.2.3:9093"


def test_this_machine_is_allowed_where_the_operator_says_so(settings: Settings) -> None:
    settings.ALLOW_LOOPBACK = True
    assert made(target="http://127.0.0.1:9093/x").target.startswith("http://127.0.0.1")


def test_two_channels_have_two_names() -> None:
    made()
    assert list(wrong()) == ["name"]


def test_nobody_stands_in_for_itself_and_no_dead_man_for_anybody() -> None:
    channel = made()
    assert list(wrong(channel, backup=channel)) == ["backup"]
    switch = made(name="switch", kind="dead_man", target="", secret="https://hc.example.org/x")
    assert list(wrong(channel, backup=switch)) == ["backup"]


def test_a_channel_stays_of_its_kind() -> None:
    assert list(wrong(made(), kind="alertmanager")) == ["kind"]


def test_a_change_lets_what_waits_be_tried_at_once_and_leaves_what_senders_wrote() -> None:
    channel = made()
    Channel.objects.update(failures_in_row=3, waits_until=later(60), last_outcome="refused")
    channels.change(channel, given(target=f"{HOOK}/new"), NOON)
    channel.refresh_from_db()
    assert (channel.waits_until, channel.last_outcome, channel.failures_in_row) == (None, "refused", 3)


def test_off_it_is_owed_nothing_and_deleted_it_takes_its_notices_along() -> None:
    channel = made()
    notices_owed.owe(notices_owed.group())
    channels.set_enabled(channel, False)
    assert notices_owed.owe(notices_owed.group(reason="later")) == [] and Notice.objects.count() == 1
    channels.delete(channel)
    assert not Notice.objects.exists()
