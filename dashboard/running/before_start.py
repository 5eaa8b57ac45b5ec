"""What must be so before a process of a larger installation starts. Each refusal is one line that says what to do."""

from __future__ import annotations

import time
from pathlib import Path

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

from dashboard import keys
from dashboard.running import engines, schema

NOT_NOW = 1
CONFIGURATION = 78
"""EX_CONFIG of sysexits.h: to start again changes nothing until somebody changed the settings."""
LOOK_AGAIN_SECONDS = 0.5


class RefusedError(Exception):
    """The process must not start. `code` is what it exits with."""

    def __init__(self, line: str, code: int) -> None:
        super().__init__(line)
        self.code = code


def require_all(wait_seconds: float) -> None:
    """Raise RefusedError unless the keys are shared, the database answers within the wait, and it is of this version."""
    require_usable_keys()
    require_shared_keys()
    require_database(wait_seconds)
    if problem := schema.found().problem:
        raise RefusedError(problem, NOT_NOW)


def require_no_newer_schema() -> None:
    """An older version must not touch what a newer one made."""
    if (found := schema.found()).unknown:
        raise RefusedError(found.problem, NOT_NOW)


def require_usable_keys() -> None:
    """Those that are given can be keys."""
    if wrong := keys.unusable():
        raise RefusedError(f"{' '.join(wrong)} How each is made: dashboard/deploy/README.md.", CONFIGURATION)


def require_shared_keys() -> None:
    """On a database that other machines may use too, keys that were made on this one would not open what others sealed."""
    own = [name for name in keys.FILES if not keys.is_given(name)]
    if settings.DATABASES["default"]["ENGINE"] == engines.SQLITE or not own:
        return
    made = [path for name in own if (path := Path(settings.DATA_DIR) / keys.FILES[name]).exists()]
    here = f" This machine made for itself: {', '.join(str(path) for path in made)}." if made else ""
    raise RefusedError(
        f"Other machines may use this database too, and need the same keys: set {', '.join(own)}, or name a file by "
        f"{own[0]}_FILE and so on.{here}",
        CONFIGURATION,
    )


def require_database(wait_seconds: float) -> None:
    """Ask until it answers. The password is nowhere in what a driver says of a connection."""
    deadline = time.monotonic() + wait_seconds
    while reason := why_no_answer():
        if time.monotonic() >= deadline:
            raise RefusedError(f"The database does not answer, for {wait_seconds:g} s: {reason}", NOT_NOW)
        time.sleep(LOOK_AGAIN_SECONDS)


def why_no_answer() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        connection.close()
        return " ".join(str(error).split()) or type(error).__name__
    return ""
