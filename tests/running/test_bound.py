"""A program started through bound.py does not outlive its parent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.running import bound
from tests import patience

PARENT = """
import os, subprocess, sys
child = "import os, time; print(os.getpid(), flush=True); time.sleep(3600)"
words = [sys.executable, "-I", "-S", sys.argv[1], str(os.getpid()), sys.executable, "-c", child]
subprocess.run(words)
"""

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux kills with the parent")


def test_a_parent_killed_with_9_takes_its_program_along() -> None:
    command = [sys.executable, "-c", PARENT, bound.__file__]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = Path("/proc", parent.stdout.readline().strip())
        assert child.exists()
        parent.kill()
    patience.until(lambda: not child.exists(), what="the end of the program")


def test_a_program_whose_parent_is_gone_is_not_started(tmp_path: Path) -> None:
    nobody = "999999999"
    command = [sys.executable, "-I", "-S", bound.__file__, nobody, "touch", str(tmp_path / "started")]
    assert subprocess.run(command, check=False).returncode == 1
    assert not (tmp_path / "started").exists()
