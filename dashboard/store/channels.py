"""Channels as an admin defines them. What is secret of one can be replaced, never read (house, §5.6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction

from dashboard.models import Channel, Severity
from dashboard.store import channel_checks, sealing

URL_IS_SECRET = frozenset({Channel.Kind.APPRISE, Channel.Kind.DEAD_MAN})
"""Kinds whose whole URL is the secret: whoever has it can write there."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """What an admin decides of a channel. Fields that its kind does not know are left empty."""

    name: str
    kind: str
    target: str = ""
    """E-mail: addresses with commas between. Webhook: the URL. Alertmanager: its address, without /api/v2/alerts."""
    server: str = ""
    login: str = ""
    sender: str = ""
    secret: str = field(default="", repr=False)
    """See Channel.sealed; of apprise and dead-man switches the URL. Empty: as it was."""
    forget_secret: bool = False
    least_severity: str = Severity.WARNING
    backup: Channel | None = None
    per_minute: int = 120
    beat_seconds: int = 60


@transaction.atomic
def create(given: Given, now: datetime) -> Channel:
    """A new channel, switched on. ValidationError says by field, in words, what is wrong."""
    channel = Channel(created_at=now)
    _save(channel, given, now)
    return channel


@transaction.atomic
def change(channel: Channel, given: Given, now: datetime) -> Channel:
    """The channel as given; without a `secret` the sealed one stays, unless it would then be told to somebody else.

    ValidationError as for a new one. What waits for it is tried at once.
    """
    if given.kind != channel.kind:
        raise ValidationError({"kind": "A channel stays of its kind; make a new one instead"})
    _save(channel, given, now)
    return channel


def set_enabled(channel: Channel, enabled: bool) -> None:
    """Switch it on or off. Off, nothing new is owed to it, and what is owed waits until it is given up after 24 h."""
    channel.enabled = enabled
    channel.save(update_fields=["enabled"])


def delete(channel: Channel) -> None:
    """The channel with its notices, those that are owed too, and their log."""
    channel.delete()


def secret_of(channel: Channel) -> str | None:
    """The opened secret, for the one who sends. Raises sealing.CannotOpen."""
    return None if channel.sealed is None else sealing.unseal_for_channel(bytes(channel.sealed), channel.pk)


def _save(channel: Channel, given: Given, now: datetime) -> None:
    known = channel.pk is not None
    problems = channel_checks.problems(given, known=channel if known else None)
    if problems:
        raise ValidationError(problems)
    columns = ["name", "kind", "server", "login", "sender", "least_severity", "backup", "per_minute", "beat_seconds"]
    for column in columns:
        setattr(channel, column, getattr(given, column))
    channel.target = _target(channel, given)
    channel.waits_until = None
    # Of a known channel only these: meanwhile senders have written the others.
    channel.save(update_fields=[*columns, "target", "waits_until"] if known else None)
    if given.secret or given.forget_secret:
        channel.sealed = sealing.seal_for_channel(given.secret, channel.pk) if given.secret else None
        channel.sealed_at = now if given.secret else None
        channel.save(update_fields=["sealed", "sealed_at"])


def _target(channel: Channel, given: Given) -> str:
    """What may be seen: of a URL that is a secret, the service's name or the host."""
    if given.kind not in URL_IS_SECRET:
        return given.target.rstrip("/") if given.kind == Channel.Kind.ALERTMANAGER else given.target
    if not given.secret:
        return channel.target
    parts = urlsplit(given.secret)
    return parts.scheme if given.kind == Channel.Kind.APPRISE else f"{parts.scheme}://{parts.netloc}/…"
