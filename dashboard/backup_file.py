"""A backup on the disk: the file, and beside it a manifest that says what is in it and how that was verified."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from pathlib import Path

import msgspec
from django.conf import settings

FORMAT = 1
MANIFEST_SUFFIX = ".json"
KEYS_SUFFIX = ".keys"
PIECE_BYTES = 1024**2


class NotABackup(Exception):
    """Why a file cannot be taken for a backup, in words."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """What stands beside a backup, as JSON."""

    format: int
    version: str
    """Of Day Two."""
    engine: str
    """sqlite or postgresql."""
    made_at: datetime
    """The moment whose state it holds."""
    daily: bool
    """Made by Day Two itself, which deletes it again."""
    size_bytes: int
    sha256: str
    rows: dict[str, int]
    """By table, counted in the source at the moment of the copy and in the copy: they were equal."""
    migrations: list[str]
    """Each as app.name."""
    keys: list[str]
    """Names of the secrets in the file of keys beside it; empty where there is none."""
    verified_at: datetime


class Backup(msgspec.Struct, frozen=True):
    """A backup that is there, as its manifest says."""

    path: Path
    manifest: Manifest


def folder() -> Path:
    """Where backups go unless somebody says otherwise."""
    return Path(settings.DATA_DIR) / "backups"


def manifest_of(path: Path) -> Path:
    return path.with_name(path.name + MANIFEST_SUFFIX)


def keys_of(path: Path) -> Path:
    return path.with_name(path.name + KEYS_SUFFIX)


def read(path: Path) -> Manifest:
    """The manifest of the backup at `path`. Raises NotABackup."""
    beside = manifest_of(path)
    try:
        found = msgspec.json.decode(beside.read_bytes(), type=Manifest)
    except OSError as error:
        raise NotABackup(f"its manifest {beside.name} cannot be read ({error.strerror})") from error
    except msgspec.MsgspecError as error:
        raise NotABackup(f"its manifest {beside.name} is none: {error}") from error
    if found.format != FORMAT:
        raise NotABackup(f"its manifest is of format {found.format}, which this Day Two does not know")
    return found


def listed() -> list[Backup]:
    """The backups in the data folder, newest first: those whose file is there as long as its manifest says."""
    found = []
    for beside in folder().glob(f"*{MANIFEST_SUFFIX}"):
        path = beside.with_name(beside.name.removesuffix(MANIFEST_SUFFIX))
        try:
            backup = Backup(path, read(path))
            if path.stat().st_size == backup.manifest.size_bytes:
                found.append(backup)
        except (NotABackup, OSError):
            continue
    return sorted(found, key=lambda backup: backup.manifest.made_at, reverse=True)


def digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    made = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            made.update(piece)
    return made.hexdigest()


def write_durably(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Write a file that is there whole or not at all, also after a power cut."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    _sync(path, os.O_RDONLY)


def sync_folder(folder: Path) -> None:
    """Make names in the folder last."""
    _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
