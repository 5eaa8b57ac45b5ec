"""One Day Two per data folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.running import lock

HOLD_THEN_EXEC = """
import os, sys
from pathlib import Path
from dashboard.running import lock
lock.keep_through_exec(lock.hold(Path(sys.argv[1])))
code = "import os; os.closerange(5, 1024); print('held', flush=True); input()"
os.execv(sys.executable, [sys.executable, "-c", code])
"""


def test_a_second_holder_is_refused_and_told_who_holds(tmp_path: Path) -> None:
    held = lock.hold(tmp_path / "up.lock")
    with pytest.raises(lock.AlreadyRunningError, match=f"^{os.getpid()}$"):
        lock.hold(tmp_path / "up.lock")
    os.close(held)
    os.close(lock.hold(tmp_path / "up.lock"))


def test_the_lock_lasts_through_exec_and_ends_with_the_process(tmp_path: Path) -> None:
    path = tmp_path / "up.lock"
    command = [sys.executable, "-c", HOLD_THEN_EXEC, str(path)]
    root = Path(__file__).resolve().parent.parent.parent
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(lock.AlreadyRunningError, match=f"^{holder.pid}$"):
            lock.hold(path)
        holder.kill()
    os.close(lock.hold(path))
