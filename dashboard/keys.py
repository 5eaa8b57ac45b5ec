"""Secret keys of this installation: from the environment, from a file it names, else made once in the data folder."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

FILES = {
    "DAYTWO_SECRET_KEY": "secret_key",
    "DAYTWO_CREDENTIAL_KEYS": "credential_key",
    "DAYTWO_AUDIT_KEY": "audit_key",
}
"""Secret → the file of the data folder that it is made in where nobody gives one."""


SHORTEST_SECRET = 32
"""Characters: whoever guesses the secret key signs in as anybody. One that Day Two makes has 86."""


def is_given(name: str) -> bool:
    """Whether NAME or NAME_FILE is set: the secret is not one that this machine made for itself."""
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def setting_or_file(name: str) -> str | None:
    """The value of NAME, else the text of the file that NAME_FILE names, else None.

    An unreadable NAME_FILE raises ImproperlyConfigured: a secret that was meant to be there must not be replaced silently.
    """
    if value := os.environ.get(name):
        return value
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            raise ImproperlyConfigured(f"{name}_FILE: {path} cannot be read: {reason}.") from None
    return None


def unusable() -> list[str]:
    """What is wrong with the secrets that are given, a sentence each, none of which repeats a secret; one left as a template
    says it, for example. Those made here are not looked at."""
    given = {name: setting_or_file(name) for name in FILES if is_given(name)}
    return [f"{name} {why}." for name, text in given.items() if text is not None and (why := WRONG[name](text))]


def _why_no_secret(text: str) -> str:
    return "" if len(text) >= SHORTEST_SECRET else f"has fewer than {SHORTEST_SECRET} characters"


def _why_no_fernet_keys(text: str) -> str:
    try:
        for key in text.split(","):
            Fernet(key)
    except ValueError:
        return "holds something that is no Fernet key"
    return ""


def _why_no_audit_keys(text: str) -> str:
    whole = all(re.fullmatch(r"[0-9A-Fa-f]{64}", key) for key in text.split(","))
    return "" if whole else "holds something that is not 64 hexadecimal digits"


WRONG: dict[str, Callable[[str], str]] = {
    "DAYTWO_SECRET_KEY": _why_no_secret,
    "DAYTWO_CREDENTIAL_KEYS": _why_no_fernet_keys,
    "DAYTWO_AUDIT_KEY": _why_no_audit_keys,
}
"""Secret → what says why a text cannot be one, in the middle of a sentence; empty where it can."""


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
    name = "DAYTWO_SECRET_KEY"
    return setting_or_file(name) or kept(data / FILES[name], secrets.token_urlsafe(64))


def credential_keys(data: Path) -> list[str]:
    """Fernet keys for credentials at rest, newest first: the first encrypts, all decrypt."""
    name = "DAYTWO_CREDENTIAL_KEYS"
    return (setting_or_file(name) or kept(data / FILES[name], Fernet.generate_key().decode())).split(",")


def audit_keys(data: Path) -> list[str]:
    """Private keys of the audit chain, newest first: the first signs, those after it signed before. Made at first use."""
    name = "DAYTWO_AUDIT_KEY"
    return (setting_or_file(name) or kept(data / FILES[name], secrets.token_hex(32))).split(",")


def known_audit_keys(data: Path) -> list[str]:
    """The same; none where this machine has none, for whoever only looks must not make one."""
    name = "DAYTWO_AUDIT_KEY"
    return audit_keys(data) if is_given(name) or (data / FILES[name]).exists() else []
