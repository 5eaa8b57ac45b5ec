"""The secrets that a backup cannot be used without, in a file of their own beside it: only where that was asked for."""

from __future__ import annotations

from pathlib import Path

import msgspec
from django.conf import settings

from dashboard import keys
from dashboard.backup_file import write_durably

AUDIT = "DAYTWO_AUDIT_KEY"
WITHOUT = {
    "DAYTWO_SECRET_KEY": "everybody is signed out once",
    "DAYTWO_CREDENTIAL_KEYS": "the clusters' and channels' credentials must be entered again",
    AUDIT: "new audit entries are signed with another key",
}
"""Secret → what happens where the backup is restored without it."""


def gathered() -> dict[str, str]:
    """The secrets in force; of lists all, the first one first."""
    audit = keys.known_audit_keys(Path(settings.DATA_DIR))
    found = {"DAYTWO_SECRET_KEY": settings.SECRET_KEY, "DAYTWO_CREDENTIAL_KEYS": ",".join(settings.CREDENTIAL_KEYS)}
    return {**found, AUDIT: ",".join(audit)} if audit else found


def read(path: Path) -> dict[str, str]:
    """The secrets in a file of keys. OSError and msgspec.MsgspecError are the caller's."""
    found = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    return {name: value for name, value in found.items() if name in keys.FILES and value}


def put_in_place(found: dict[str, str], stamp: str) -> list[str]:
    """Make the secrets those of the data folder; returns what was done, a sentence each.

    Lists take the backup's keys first and keep those that were there: either database can be opened whatever happens next.
    """
    return [_put(name, value, stamp) for name, value in found.items()]


def _put(name: str, value: str, stamp: str) -> str:
    if keys.is_given(name):
        same = keys.setting_or_file(name) == value
        return (
            f"{name} is set for this process and {'is the same' if same else 'DIFFERS from the backup: set it anew'}."
        )
    path = Path(settings.DATA_DIR) / keys.FILES[name]
    before = path.read_text().strip() if path.exists() else ""
    wanted = value
    if name != "DAYTWO_SECRET_KEY" and before:
        wanted = ",".join(dict.fromkeys([*value.split(","), *before.split(",")]))
    if wanted == before:
        return f"{path.name} is the same already."
    if before:
        write_durably(path.with_name(f"{path.name}.replaced-{stamp}"), before.encode())
    write_durably(path, wanted.encode())
    return f"{path.name} is the backup's{', the former kept beside it' if before else ''}."
