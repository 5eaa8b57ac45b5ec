from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import pytest
from django.db import connection

from dashboard.store import slices


@pytest.mark.skipif(connection.vendor != "sqlite", reason="elsewhere a poll waits for no other table's rows")
def test_who_waits_for_the_lock_gets_it_between_two_slices(tmp_path: Path) -> None:
    """SQLite has no queue: without a breath between them a poll waited for all slices of a turn."""
    begun, done, written = threading.Event(), [0], [0]

    def opened() -> sqlite3.Connection:
        return sqlite3.connect(tmp_path / "store", timeout=20, isolation_level=None)

    def poll() -> None:
        begun.wait()
        polling = opened()
        polling.execute("BEGIN IMMEDIATE")
        written[0] = done[0]
        polling.close()

    other, worker = threading.Thread(target=poll), opened()
    other.start()
    for _ in slices.of([(subject, str(subject)) for subject in range(20)]):
        worker.execute("BEGIN IMMEDIATE")
        begun.set()
        time.sleep(0.15)
        worker.execute("COMMIT")
        done[0] += 1
    other.join()
    worker.close()
    assert 0 < written[0] <= 10
