"""Credentials at rest: Fernet (AES-128-CBC with HMAC), newest key first, bound to the cluster they belong to."""

from __future__ import annotations

import json

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class CannotOpen(Exception):
    """The sealed secret does not open: the key was lost, or the bytes belong to another cluster."""


def _box() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.CREDENTIAL_KEYS])


def seal(secret: str, cluster_id: int) -> bytes:
    return _box().encrypt(json.dumps([cluster_id, secret]).encode())


def unseal(sealed: bytes, cluster_id: int) -> str:
    """The secret of this cluster; a row's bytes copied to another cluster do not open there. Raises CannotOpen."""
    try:
        owner, secret = json.loads(_box().decrypt(sealed))
    except InvalidToken as error:
        raise CannotOpen("the key that sealed this credential is not among DAYTWO_CREDENTIAL_KEYS") from error
    if owner != cluster_id:
        raise CannotOpen("this credential was sealed for another cluster")
    return str(secret)
