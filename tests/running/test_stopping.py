from __future__ import annotations

import subprocess
import sys

from tests.patience import HANG_SECONDS

HANGING = """
import time
from concurrent.futures import ThreadPoolExecutor
from dashboard.running import stopping
stopping.LEAVE_WITHIN_SECONDS = 0.3
pool = ThreadPoolExecutor(1)
pool.submit(time.sleep, 3600)
stopping.leave_soon(sig="SIGTERM", how="Warm", exitcode=0)
pool.shutdown()
"""


def test_what_hangs_in_a_thread_does_not_keep_a_worker_that_was_told_to_stop() -> None:
    assert subprocess.run([sys.executable, "-c", HANGING], check=False, timeout=HANG_SECONDS).returncode == 0


def test_a_worker_leaves_before_whoever_runs_it_loses_patience() -> None:
    from dashboard.running import stopping

    assert stopping.LEAVE_WITHIN_SECONDS < 10
