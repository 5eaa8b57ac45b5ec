"""The disk under the database, looked at directly: when it is full the database can no longer say so.

Collecting pauses below `DISK_PAUSE_MIB` and goes on above `goes_on_bytes`. A reserve file of 16 MiB stands beside the
database; it is given up when nothing else is left, so that what must be said can be written, and old history deleted.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

MIB = 1024**2
RESERVE_BYTES = 16 * MIB
RESERVE = "reserve"
"""Its name, beside the database."""
HYSTERESIS = 1.5
"""So many times the bound must be free before collecting goes on."""


@dataclass(frozen=True)
class Disk:
    """What the file system of the database's folder says."""

    free_bytes: int
    """That a process which is not root may still use."""
    total_bytes: int
    read_only: bool

    @property
    def why_pause(self) -> str:
        """Why nothing more should be collected, in two words; empty where it may be."""
        if self.read_only:
            return "Disk read-only"
        return "Disk full" if self.free_bytes < pauses_below_bytes() else ""

    @property
    def may_go_on(self) -> bool:
        return not self.read_only and self.free_bytes >= goes_on_bytes()

    @property
    def is_tight(self) -> bool:
        """Whether the reserve is needed now."""
        return self.free_bytes < 2 * RESERVE_BYTES


def pauses_below_bytes() -> int:
    return int(settings.DISK_PAUSE_MIB) * MIB


def goes_on_bytes() -> int:
    return int(pauses_below_bytes() * HYSTERESIS)


def database_file() -> Path | None:
    """The SQLite file; None where the database is a server's, or in memory."""
    name = str(connection.settings_dict["NAME"])
    return None if connection.vendor != "sqlite" or name == ":memory:" or name.startswith("file:") else Path(name)


def look() -> Disk | None:
    """The disk as it is now; None where the database is not on a disk of this machine. Some microseconds."""
    file = database_file()
    if file is None:
        return None
    try:
        found = os.statvfs(file.parent)
    except OSError:
        return None
    unit = found.f_frsize
    return Disk(found.f_bavail * unit, found.f_blocks * unit, bool(found.f_flag & os.ST_RDONLY))


def keep_reserve() -> None:
    """Make the reserve where there is none. On a disk that has no room for it there is none."""
    file = database_file()
    if file is None or (reserve := file.parent / RESERVE).exists():
        return
    draft = reserve.with_suffix(".new")
    try:
        with draft.open("wb") as made:
            os.posix_fallocate(made.fileno(), 0, RESERVE_BYTES)
        draft.rename(reserve)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def give_up_reserve() -> None:
    """Delete the reserve, for its room; a read-only disk keeps it."""
    file = database_file()
    if file is not None:
        with suppress(OSError):
            (file.parent / RESERVE).unlink(missing_ok=True)
