"""Keys to the API: made, used, revoked. The key itself is shown once; what is kept is its SHA-256.

A key is 256 random bits, so a plain digest is enough and looking it up takes the same time whatever was guessed.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import DatabaseError
from django.db.models import Q

from dashboard import statements
from dashboard.models import ApiToken

PREFIX = "daytwo_"
"""Lets a leaked key be recognized for what it is."""
USE_NOTED_EVERY = timedelta(minutes=1)


class NameTaken(Exception):
    """The user has a token of this name already."""


def make(user: User, name: str, *, now: datetime) -> str:
    """A new token of the user; returns its key, which cannot be read again. Raises NameTaken."""
    if ApiToken.objects.filter(user=user, name=name).exists():
        raise NameTaken(f"{user.get_username()} has a token named {name} already")
    key = PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.create(user=user, name=name, digest=_digest(key), created_at=now)
    return key


def use(key: str, now: datetime) -> ApiToken | None:
    """The token of this key with its user, noted as used; None where there is none or its user may not sign in.

    One query, and one more at most once a minute.
    """
    token = next(iter(statements.found_with(ApiToken, "user", digest=_digest(key))), None)
    if token is None or not token.user.is_active:
        return None
    if token.last_used_at is None or now - token.last_used_at >= USE_NOTED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
        # On a full disk who only reads must not be refused because that cannot be noted.
        with suppress(DatabaseError):
            ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    return token


def revoke(user: User, name: str) -> bool:
    """Delete the user's token of this name; whether there was one."""
    return bool(ApiToken.objects.filter(user=user, name=name).delete()[0])


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()
