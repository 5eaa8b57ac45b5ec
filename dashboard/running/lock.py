"""One Day Two per data folder: a lock that lasts exactly as long as the supervisor, however that ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

KEPT_BY_SUPERVISOR = 3
"""Supervisor closes descriptors from 5 up when it starts, and every descriptor from 3 up in its children."""


class AlreadyRunningError(Exception):
    """Somebody else holds the lock; the message is its process id, or empty when it has not written one yet."""


def hold(path: Path) -> int:
    """Take the lock on `path` and write this process's id into it; the descriptor holds the lock while it is open."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 20).decode().strip()
        os.close(descriptor)
        raise AlreadyRunningError(holder) from None
    os.truncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor


def keep_through_exec(descriptor: int) -> None:
    """Move the lock to the descriptor that supervisor leaves open. To be called right before exec: 3 may be in use."""
    os.dup2(descriptor, KEPT_BY_SUPERVISOR)
    os.set_inheritable(KEPT_BY_SUPERVISOR, True)
