from __future__ import annotations

import subprocess
import sys

import pytest

SAID = """
import resource
from dashboard.running import descriptors
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
descriptors.allow_many()
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(("soft", "hard", "allowed"), [(256, 600, 600), (256, 10_000, 8192), (9000, 10_000, 9000)])
def test_as_many_files_may_be_open_as_are_wanted_and_allowed(soft: int, hard: int, allowed: int) -> None:
    code = SAID.format(soft=soft, hard=hard)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) == allowed
