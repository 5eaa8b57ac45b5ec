"""What is wrong with a channel as it was given, by field, in words that say what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from collectors.addresses import check_url, is_here
from dashboard.models import Channel, Severity

if TYPE_CHECKING:
    from dashboard.store.channels import Given

MOST_ADDRESSES = 20
MOST_PER_MINUTE = 6000
BEATS_SECONDS = (10, 86_400)
LONGEST_SECRET = 2000
LARGEST_PORT = 65_535
SERVER = re.compile(r"^(smtp|smtp\+tls|smtps)://([A-Za-z0-9._-]{1,200}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?\Z")
SERVICE = re.compile(r"^([a-z][a-z0-9_+-]{1,30})://\S+\Z")
ON_THIS_MACHINE = frozenset({"dbus", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows"})
"""Services of apprise that show something on the screen or in the log of the machine Day Two runs on."""
INVISIBLE = re.compile(r"[\x00-\x1f\x7f]")


def problems(given: Given, *, known: Channel | None) -> dict[str, str]:
    """Field → what is wrong with it; empty where nothing is. At most three queries."""
    found = _of_all_kinds(given, known)
    for name in ("name", "target", "server", "login", "sender", "secret"):
        if INVISIBLE.search(getattr(given, name)):
            found[name] = "It holds a line break or another invisible character: write it on one line"
    if found:
        return found
    return {**_OF_KIND[Channel.Kind(given.kind)](given, known), **_of_secret(given, known)}


def _of_all_kinds(given: Given, known: Channel | None) -> dict[str, str]:
    found = {}
    others = Channel.objects.exclude(pk=known.pk) if known else Channel.objects.all()
    if not 1 <= len(given.name.strip()) <= 100:
        found["name"] = "Give it a name of at most 100 characters"
    elif others.filter(name=given.name).exists():
        found["name"] = "Another channel has this name"
    if given.kind not in Channel.Kind.values:
        found["kind"] = "There is no such kind of channel"
    if given.least_severity not in Severity.values:
        found["least_severity"] = "Choose warning or critical"
    if not 1 <= given.per_minute <= MOST_PER_MINUTE:
        found["per_minute"] = f"Between 1 and {MOST_PER_MINUTE:,} a minute"
    if not BEATS_SECONDS[0] <= given.beat_seconds <= BEATS_SECONDS[1]:
        found["beat_seconds"] = "Between 10 s and a day"
    return {**found, **_of_backup(given, known)}


def _of_backup(given: Given, known: Channel | None) -> dict[str, str]:
    if given.backup is None:
        return {}
    if known is not None and given.backup.pk == known.pk:
        return {"backup": "A channel cannot stand in for itself"}
    if given.backup.kind == Channel.Kind.DEAD_MAN:
        return {"backup": "A dead-man switch is told no notices: choose another channel"}
    return {}


def _of_secret(given: Given, known: Channel | None) -> dict[str, str]:
    """A secret that was given for one place is not told to another one."""
    if len(given.secret) > LONGEST_SECRET:
        return {"secret": f"At most {LONGEST_SECRET:,} characters"}
    if known is None or known.sealed is None or given.secret or given.forget_secret:
        return {}
    was, now = (known.target, known.server, known.login), (given.target.rstrip("/"), given.server, given.login)
    same = was[1:] == now[1:] if given.kind == Channel.Kind.EMAIL else was[0].rstrip("/") == now[0]
    if same or given.kind in (Channel.Kind.APPRISE, Channel.Kind.DEAD_MAN):
        return {}
    return {"secret": "It now leads somewhere else: give the secret again, or forget it"}


def _email(given: Given, known: Channel | None) -> dict[str, str]:
    found = {}
    addresses = [address.strip() for address in given.target.split(",")]
    wrong = [address for address in addresses if not _is_address(address)]
    if wrong or len(given.target) > 500 or len(addresses) > MOST_ADDRESSES:
        said = f"“{wrong[0][:100]}” is no mail address" if wrong else f"At most {MOST_ADDRESSES} addresses"
        found["target"] = f"{said}: write them with commas between"
    if not _is_address(given.sender):
        found["sender"] = "Give the mail address that notices come from"
    server = SERVER.match(given.server)
    if server is None:
        found["server"] = "Write it like smtp+tls://mail.example.com:587; smtp:// is without and smtps:// with TLS"
    elif server[3] and not 1 <= int(server[3][1:]) <= LARGEST_PORT:
        found["server"] = f"A port is a number from 1 to {LARGEST_PORT}"
    elif server[1] == "smtp" and (given.login or given.secret):
        found["server"] = "A password is not sent in the clear: use smtp+tls:// or smtps://"
    if not (given.login + given.secret).isascii():
        return {**found, "secret": "User name and password of a mail server hold plain letters, digits and marks only"}
    return found


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return text.isascii() and '"' not in text


def _webhook(given: Given, known: Channel | None) -> dict[str, str]:
    wrong = _of_url(given.target)
    if not wrong and set("?#") & set(given.target):
        wrong = "Leave out everything from the first ? or #: the receiver knows us by the signature"
    if given.kind == Channel.Kind.ALERTMANAGER and not given.secret.isascii():
        return {"secret": "A token holds plain letters, digits and marks only"}
    return {"target": wrong} if wrong else {}


def _dead_man(given: Given, known: Channel | None) -> dict[str, str]:
    if not given.secret and known is not None and known.sealed is not None:
        return {}
    try:
        check_url(given.secret)
    except ValueError:  # whose words repeat the URL
        return {"secret": "Give an http or https address without spaces and user name: https://hc.example.com/…"}
    wrong = _of_url(given.secret)
    return {"secret": wrong} if wrong else {}


def _apprise(given: Given, known: Channel | None) -> dict[str, str]:
    if not given.secret and known is not None and known.sealed is not None:
        return {}
    service = SERVICE.match(given.secret)
    if service is None:
        return {"secret": "Write it as apprise does, like slack://token_a/token_b/token_c/#channel"}
    if service[1] in ON_THIS_MACHINE:
        return {"secret": f"{service[1]}:// reaches only the machine Day Two runs on: choose another service"}
    return {}


def _of_url(url: str) -> str:
    try:
        check_url(url)
    except ValueError as error:
        return str(error)
    if len(url) > 500:
        return "At most 500 characters"
    host = urlsplit(url).hostname or ""
    if not settings.ALLOW_LOOPBACK and (is_here(host) or host == "localhost"):
        return "It leads to this machine itself, which DAYTWO_ALLOW_LOOPBACK would have to allow"
    return ""


_OF_KIND = {
    Channel.Kind.EMAIL: _email,
    Channel.Kind.WEBHOOK: _webhook,
    Channel.Kind.ALERTMANAGER: _webhook,
    Channel.Kind.APPRISE: _apprise,
    Channel.Kind.DEAD_MAN: _dead_man,
}
