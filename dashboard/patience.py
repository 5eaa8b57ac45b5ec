"""A database that is away for a moment: each step is done again, from the beginning, until it is back or patience ends.

It restarts, is locked, is full or cannot be reached. That is nobody's failure but the database's: no source is told of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

AWAY = (OperationalError, InterfaceError)
RETRY_SECONDS = (0.5, 1.0, 2.0, 4.0)
"""A step is worth a few tries, so long after each other: a database that restarts is back in a moment."""
PATIENCE_SECONDS = 30.0
"""No more tries after this: where it is locked, each of them waited, and newer slots are due."""

Done = TypeVar("Done")


def patiently(do: Callable[[], Done]) -> Done:
    """Do it, and where the database is away again; with no transaction open. What ends patience is raised.

    Where a COMMIT was done and only its answer lost, `do` must find that out: a poll's lease and fence refuse a second one.
    """
    gives_up = time.monotonic() + PATIENCE_SECONDS
    for wait in RETRY_SECONDS:
        try:
            return do()
        except AWAY:
            if time.monotonic() + wait > gives_up:
                raise
        connection.close_if_unusable_or_obsolete()
        time.sleep(wait)
    return do()
