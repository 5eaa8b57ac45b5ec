"""What an error of the database means for all of Day Two: no room, nothing may be written, damaged. And the note of damage.

Documents: https://sqlite.org/rescode.html, https://www.postgresql.org/docs/15/errcodes-appendix.html
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from django.conf import settings


class Trouble(StrEnum):
    FULL = "Disk full"
    READ_ONLY = "Disk read-only"
    DAMAGED = "Database damaged"


BY_SQLITE_CODE = {8: Trouble.READ_ONLY, 11: Trouble.DAMAGED, 13: Trouble.FULL, 26: Trouble.DAMAGED}
"""Primary result codes READONLY, CORRUPT, FULL, NOTADB; an extended code has its primary one in the lowest byte."""
BY_SQLSTATE = {"53100": Trouble.FULL}
"""PostgreSQL's disk_full."""
NOTE = "damaged.json"
"""In the data folder: a damaged database is no place to note that it is."""


def of(error: BaseException) -> Trouble | None:
    """What the error, or one it came of, says of the store; None where it says nothing of it."""
    seen: BaseException | None = error
    while seen is not None:
        code = getattr(seen, "sqlite_errorcode", None)
        found = BY_SQLITE_CODE.get(code & 0xFF) if code is not None else BY_SQLSTATE.get(getattr(seen, "sqlstate", ""))
        if found:
            return found
        seen = seen.__cause__
    return None


@dataclass(frozen=True)
class Damage:
    """That the database was found damaged: when, and what was said."""

    found_at: datetime
    detail: str


def damage() -> Damage | None:
    """What was noted. One look at a file that is not there, as a rule."""
    try:
        noted = json.loads(_note().read_bytes())
        return Damage(datetime.fromisoformat(noted["found_at"]), str(noted["detail"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        # Somebody noted damage; that the note itself cannot be read makes nothing better.
        return Damage(datetime.fromtimestamp(_note().stat().st_mtime).astimezone(), "its note cannot be read")


def note_damage(detail: str, now: datetime) -> None:
    """Note it, unless it is noted already."""
    with suppress(OSError), _note().open("x") as note:
        json.dump({"found_at": now.isoformat(), "detail": detail[:500]}, note)


def forget_damage() -> None:
    _note().unlink(missing_ok=True)


def _note() -> Path:
    return Path(settings.DATA_DIR) / NOTE
