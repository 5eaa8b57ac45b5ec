"""Copies of an SQLite database by its online backup, verified against the very state they are of.

Document: https://sqlite.org/backup.html. The copy is made in one step inside of a read transaction: writers go on meanwhile,
in the write-ahead log, and what is counted in the transaction is exactly what is copied.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from dashboard.backups import BackupError

Rows = dict[str, int]


def copy(source: Path, target: Path) -> Rows:
    """Copy the database to a new file; returns the rows of each table at that moment."""
    with closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=20)) as reading:
        reading.execute("BEGIN")
        rows = counts(reading)
        with closing(sqlite3.connect(target)) as writing:
            reading.backup(writing)
        reading.execute("ROLLBACK")
    return rows


def counts(reading: sqlite3.Connection) -> Rows:
    """The rows of each table."""
    names = reading.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY 1"
    )
    quoted = [(name, name.replace('"', '""')) for (name,) in names.fetchall()]
    return {name: reading.execute(f'SELECT COUNT(*) FROM "{safe}"').fetchone()[0] for name, safe in quoted}  # noqa: S608


def migrations(reading: sqlite3.Connection) -> list[str]:
    return [f"{app}.{name}" for app, name in reading.execute("SELECT app, name FROM django_migrations ORDER BY id")]


def verify(file: Path, rows: Rows) -> list[str]:
    """Open the copy again: whole, and as many rows as told; returns its migrations. Raises BackupError.

    Nothing is written, not even a log beside it: the file may lie on a medium that cannot be.
    """
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as reading:
            said = [row[0] for row in reading.execute("PRAGMA quick_check(5)")]
            if said != ["ok"]:
                raise BackupError(f"{file.name} is damaged: {'; '.join(said)}")
            if (found := counts(reading)) != rows:
                raise BackupError(f"{file.name} has other rows than it should: {_differences(rows, found)}")
            return migrations(reading)
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{file.name} is damaged: {error}") from error


def _differences(wanted: Rows, found: Rows) -> str:
    names = [name for name in sorted({*wanted, *found}) if wanted.get(name) != found.get(name)]
    return ", ".join(f"{name} {found.get(name, 'none')} instead of {wanted.get(name, 'none')}" for name in names[:5])
