"""Credentials at rest: Fernet (AES-128-CBC with HMAC), newest key first, bound to the cluster or channel they belong to."""

from __future__ import annotations

import json

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class CannotOpen(Exception):
    """The sealed secret does not open: the key was lost, or the bytes belong to another row."""

    @property
    def of_credential(self) -> str:
        """What is told of a cluster that cannot be asked for it."""
        return f"the stored credential cannot be opened: {self}"


def _box() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.CREDENTIAL_KEYS])


def seal(secret: str, cluster_id: int) -> bytes:
    return _seal(secret, cluster_id)


def unseal(sealed: bytes, cluster_id: int) -> str:
    """The secret of this cluster; a row's bytes copied to another cluster do not open there. Raises CannotOpen."""
    return _unseal(sealed, cluster_id, "cluster")


def seal_for_channel(secret: str, channel_id: int) -> bytes:
    return _seal(secret, f"channel {channel_id}")


def unseal_for_channel(sealed: bytes, channel_id: int) -> str:
    """The secret of this channel; neither another channel's bytes nor a cluster's open for it. Raises CannotOpen."""
    return _unseal(sealed, f"channel {channel_id}", "channel")


def _seal(secret: str, owner: int | str) -> bytes:
    return _box().encrypt(json.dumps([owner, secret]).encode())


def _unseal(sealed: bytes, wanted: int | str, kind: str) -> str:
    try:
        owner, secret = json.loads(_box().decrypt(sealed))
    except InvalidToken as error:
        raise CannotOpen("the key that sealed this credential is not among DAYTWO_CREDENTIAL_KEYS") from error
    if owner != wanted:
        raise CannotOpen(f"this credential was sealed for another {kind}")
    return str(secret)
