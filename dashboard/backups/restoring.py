"""The way back: a backup is verified, brought up to this version beside the database, and takes its place in one step."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from dashboard import backup_file, disk, figures, trouble
from dashboard.backup_file import Manifest, NotABackup
from dashboard.backups import BackupError, postgresql, sqlite

WATCHED_SECONDS = 5.0
"""So long nobody may sign in to a PostgreSQL database before it is replaced: a worker does every two (schedule)."""


class Unusable(BackupError):
    """The backup itself is damaged, incomplete, or not for this version."""


def require_good(path: Path) -> Manifest:
    """The manifest of a backup that was read again from its first to its last byte. Raises Unusable."""
    try:
        manifest = backup_file.read(path)
        _require_for_here(manifest)
        if path.stat().st_size != manifest.size_bytes or backup_file.digest(path) != manifest.sha256:
            raise NotABackup("it is not the file that its manifest is of: its SHA-256 is another")
        verify = postgresql.verify if manifest.engine == "postgresql" else sqlite.verify
        verify(path, manifest.rows)
    except (NotABackup, BackupError, OSError) as error:
        raise Unusable(f"{path} cannot be restored: {error}") from error
    return manifest


def _require_for_here(manifest: Manifest) -> None:
    if manifest.engine != connection.vendor:
        raise NotABackup(f"it is of {manifest.engine}, and the database here is {connection.vendor}")
    loader = MigrationLoader(None)
    known = {f"{app}.{name}" for app, name in loader.disk_migrations}
    newer = [
        name for name in manifest.migrations if name not in known and name.partition(".")[0] in loader.migrated_apps
    ]
    if newer:
        raise NotABackup(f"it is of a newer Day Two, {manifest.version}, with {newer[-1]}: start that version")


def replace_file(path: Path, stamp: str) -> Path | None:
    """Put a good backup in the place of the SQLite database; returns where the replaced one is kept, None where there was none.

    Killed anywhere this leaves the old database or the new one. Raises BackupError where somebody still has it open.
    """
    file = disk.database_file()
    if file is None:
        raise BackupError("The database here is not a file")
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.restoring")
    _remove(draft)
    try:
        _require_room(path, file.parent)
        shutil.copyfile(path, draft)
        draft.chmod(0o600)
        _migrate(draft)
        backup_file.sync_file(draft)
        aside = _set_aside(file, stamp)
        draft.replace(file)
        backup_file.sync_folder(file.parent)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"Nothing was changed: {error}") from error
    finally:
        _remove(draft)
    trouble.forget_damage()
    return aside


def _require_room(path: Path, folder: Path) -> None:
    free, needed = shutil.disk_usage(folder).free, path.stat().st_size
    if free < needed:
        raise BackupError(
            f"No room in {folder}: {figures.byte_size(free)} are free, {figures.byte_size(needed)} are needed"
        )


def _remove(draft: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        draft.with_name(draft.name + suffix).unlink(missing_ok=True)


def _migrate(draft: Path) -> None:
    """Bring an older version's tables up to this one's, while the database in use is untouched."""
    with _connected_to(draft):
        call_command("migrate", verbosity=0, interactive=False)


@contextmanager
def _connected_to(draft: Path) -> Iterator[None]:
    """Let this process' connection be to the draft meanwhile: migrations know no other."""
    connection.close()
    before, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], str(draft)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def _set_aside(file: Path, stamp: str) -> Path | None:
    """Give the database a second name, and leave no log that would be taken for the new one's."""
    connection.close()
    if not file.exists():
        return None
    _require_alone(file)
    aside = file.with_name(f"{file.name}.replaced-{stamp}")
    for suffix in ("-wal", "-shm"):
        log = file.with_name(file.name + suffix)
        if log.exists():  # only of a damaged one: whoever is alone with a whole one leaves none
            log.replace(aside.with_name(aside.name + suffix))
    aside.hardlink_to(file)
    return aside


def _require_alone(file: Path) -> None:
    """Take the database for oneself, which also moves its log into it; one that is no database any more is nobody's."""
    with closing(sqlite3.connect(file, timeout=2, isolation_level=None)) as own:
        try:
            own.execute("PRAGMA locking_mode=EXCLUSIVE")
            own.execute("BEGIN EXCLUSIVE")
            own.execute("COMMIT")
            own.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise BackupError(
                    "Nothing was changed: another process has the database open. Stop Day Two first"
                ) from error
            raise
        except sqlite3.DatabaseError:
            return


def replace_server(path: Path, stamp: str, *, replacing: bool, watched_seconds: float = WATCHED_SECONDS) -> str | None:
    """Put a good dump into the PostgreSQL database; returns the schema that keeps the replaced tables, if there were any."""
    empty = postgresql.is_empty()
    if not empty and not replacing:
        raise BackupError(
            "The database is not empty: give --replace to keep what is there aside and put the backup in its place"
        )
    if others := postgresql.others_connected() or (not empty and postgresql.sessions_begun(watched_seconds)):
        raise BackupError(
            f"{figures.counted(others, 'other session')} of this database: stop web, worker and beat first"
        )
    aside = None if empty else f"replaced_{stamp.lower()}"
    postgresql.replace(path, aside)
    call_command("migrate", verbosity=0, interactive=False)
    trouble.forget_damage()
    return aside
