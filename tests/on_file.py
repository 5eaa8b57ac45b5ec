"""The tests' database as a real SQLite file for a while: what is about files, disks and damage is tested on one."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.db import connection


@contextmanager
def database_on_file(folder: Path) -> Iterator[Path]:
    """A copy of the database in a new file there, which Django uses meanwhile. SQLite only; no transaction may be open."""
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite's file")
    before, file = connection.settings_dict["NAME"], folder / "daytwo.sqlite3"
    connection.ensure_connection()
    # In memory it lasts only as long as somebody has it open.
    with closing(sqlite3.connect(before, uri=str(before).startswith("file:"))) as held:
        with closing(sqlite3.connect(file)) as copy:
            held.backup(copy)
        connection.settings_dict["NAME"] = str(file)
        connection.close()
        try:
            yield file
        finally:
            connection.close()
            connection.settings_dict["NAME"] = before
            connection.ensure_connection()


@contextmanager
def database_on_small_disk(folder: Path, *, mib: int) -> Iterator[Path]:
    """The same on a file system of its own, of so many MiB, mounted there. Root only."""
    folder.mkdir()
    with small_disk(folder, mib=mib), database_on_file(folder) as file:
        yield file


@contextmanager
def small_disk(folder: Path, *, mib: int) -> Iterator[None]:
    """A file system of so many MiB, mounted at the folder. Root only."""
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", folder]).returncode:
        pytest.skip("only root may mount a small file system")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path, *, leaving: int) -> Path:
    """Somebody else's file that leaves so many bytes. A server may take some between the look and the taking: then once more."""
    other = folder / "somebody-elses"
    for last in (False, False, True):
        found = os.statvfs(folder)
        try:
            with other.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, found.f_bavail * found.f_frsize - leaving)
            break
        except OSError:
            if last:
                raise
    return other


def damage(file: Path) -> None:
    """Overwrite pages 3 to 6, as a broken disk would; the log is moved into the file first."""
    connection.close()
    with file.open("r+b") as opened:
        opened.seek(16)
        size = int.from_bytes(opened.read(2), "big")
        opened.seek(2 * size)
        opened.write(b"\xa5" * 4 * size)
