"""Secret keys of this installation: from the environment, from a file it names, else made once in the data folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet


def setting_or_file(name: str) -> str | None:
    """The value of NAME, else the first line of the file that NAME_FILE names, else None.

    An unreadable NAME_FILE raises OSError: a secret that was meant to be there must not be replaced silently.
    """
    if value := os.environ.get(name):
        return value
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text().strip()
    return None


def kept(path: Path, made: str) -> str:
    """The secret in `path`; `made` is written there first (mode 0600) when the file does not exist."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        # O_EXCL: of two processes that start together one writes and both read the same key.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(made)
    return made


def django_secret_key(data: Path) -> str:
    return setting_or_file("DAYTWO_SECRET_KEY") or kept(data / "secret_key", secrets.token_urlsafe(64))


def credential_keys(data: Path) -> list[str]:
    """Fernet keys for credentials at rest, newest first: the first encrypts, all decrypt."""
    given = setting_or_file("DAYTWO_CREDENTIAL_KEYS")
    return (given or kept(data / "credential_key", Fernet.generate_key().decode())).split(",")
