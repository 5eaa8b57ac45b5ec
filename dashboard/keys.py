"""Secret keys of this installation: from the environment, from a file it names, else made once in the data folder."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet


def setting_or_file(name: str) -> str | None:
    """The value of NAME, else the text of the file that NAME_FILE names, else None.

    An unreadable NAME_FILE raises OSError: a secret that was meant to be there must not be replaced silently.
    """
    if value := os.environ.get(name):
        return value
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text().strip()
    return None


def kept(path: Path, made: str) -> str:
    """The secret in `path`; where there is none yet `made` becomes it (mode 0600)."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        descriptor, draft = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "w") as file:
            file.write(made)
        # Linked when it is whole: of two processes that start together one makes the key and both read the same.
        with suppress(FileExistsError):
            os.link(draft, path)
        Path(draft).unlink()
    return path.read_text().strip()


def django_secret_key(data: Path) -> str:
    return setting_or_file("DAYTWO_SECRET_KEY") or kept(data / "secret_key", secrets.token_urlsafe(64))


def credential_keys(data: Path) -> list[str]:
    """Fernet keys for credentials at rest, newest first: the first encrypts, all decrypt."""
    given = setting_or_file("DAYTWO_CREDENTIAL_KEYS")
    return (given or kept(data / "credential_key", Fernet.generate_key().decode())).split(",")
