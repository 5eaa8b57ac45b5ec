"""How long a worker that was told to stop may still finish what it does."""

from __future__ import annotations

import os
from threading import Timer

LEAVE_WITHIN_SECONDS = 8.0
"""systemd, Docker and Marathon are told to wait ten (dashboard/deploy)."""


def leave_soon(**_: object) -> None:
    """End this process after a while, whatever still runs: a poll that is cut off costs one late poll, as after a kill."""
    timer = Timer(LEAVE_WITHIN_SECONDS, os._exit, [0])
    timer.daemon = True
    timer.start()
