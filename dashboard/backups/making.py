"""Making a backup: copied under another name, verified, then there under its own with its manifest, or not at all."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec
from django.db import DatabaseError, connection

from dashboard import __version__, backup_file, disk, figures
from dashboard.backup_file import Backup, Manifest
from dashboard.backups import BackupError, postgresql, secret_keys
from dashboard.backups import sqlite as sqlite_copy

SUFFIXES = {"sqlite": "sqlite3", "postgresql": "dump"}
DRAFT_SUFFIX = ".part"


def name_at(now: datetime) -> str:
    return f"daytwo-{now:%Y%m%dT%H%M%SZ}.{SUFFIXES[connection.vendor]}"


def make(target: Path, *, clock: Callable[[], datetime], with_keys: bool = False, daily: bool = False) -> Backup:
    """Back up the database into a new file, with a manifest beside it. Raises BackupError; then nothing is left behind."""
    draft = target.with_name(f".{target.name}{DRAFT_SUFFIX}")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        require_room(target.parent)
        _claim(target)
    except OSError as error:
        raise BackupError(f"No backup was made: {error}") from error
    try:
        return _make(draft, target, clock, with_keys=with_keys, daily=daily)
    except BaseException as error:
        _remove(target, backup_file.manifest_of(target), backup_file.keys_of(target))
        if isinstance(error, OSError | DatabaseError | sqlite3.Error):
            raise BackupError(f"No backup was made: {error}") from error
        raise
    finally:
        _remove(draft)


def _claim(target: Path) -> None:
    """Take the name, with an empty file: not every disk that backups are put on knows links. Raises BackupError."""
    for path in (target, backup_file.manifest_of(target), backup_file.keys_of(target)):
        if os.path.lexists(path):
            raise BackupError(f"{path} is there already, and is not overwritten")
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _remove(*paths: Path) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def require_room(folder: Path) -> None:
    """Raise BackupError where a copy would leave too little room on the disk to go on collecting."""
    source = disk.database_file()
    if source is None:
        return
    needed = source.stat().st_size + disk.pauses_below_bytes()
    free = shutil.disk_usage(folder).free
    if free < needed:
        have, want = figures.byte_size(free), figures.byte_size(needed)
        raise BackupError(f"No room in {folder}: {have} are free, {want} are needed")


def _make(draft: Path, target: Path, clock: Callable[[], datetime], *, with_keys: bool, daily: bool) -> Backup:
    made_at = clock()
    rows, migrations = _copy(draft)
    draft.chmod(0o600)
    backup_file.sync_file(draft)
    secrets = secret_keys.gathered() if with_keys else {}
    manifest = Manifest(
        format=backup_file.FORMAT,
        version=__version__,
        engine=connection.vendor,
        made_at=made_at,
        daily=daily,
        size_bytes=draft.stat().st_size,
        sha256=backup_file.digest(draft),
        rows=rows,
        migrations=migrations,
        keys=sorted(secrets),
        verified_at=clock(),
    )
    if secrets:
        backup_file.write_durably(backup_file.keys_of(target), msgspec.json.encode(secrets))
    backup_file.write_durably(backup_file.manifest_of(target), msgspec.json.format(msgspec.json.encode(manifest)))
    # Last: until its file is as long as the manifest says, nobody takes it for a backup.
    draft.replace(target)
    backup_file.sync_folder(target.parent)
    return Backup(target, manifest)


def _copy(draft: Path) -> tuple[dict[str, int], list[str]]:
    """Rows by table and migrations of a copy that has been opened again and found whole."""
    draft.unlink(missing_ok=True)
    if connection.vendor == "postgresql":
        rows = postgresql.copy(draft)
        return rows, postgresql.verify(draft, rows)
    source = disk.database_file()
    if source is None or not source.exists():
        raise BackupError(f"There is no database file here ({connection.settings_dict['NAME']})")
    rows = sqlite_copy.copy(source, draft)
    return rows, sqlite_copy.verify(draft, rows)
