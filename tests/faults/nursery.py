"""A process that forks others on command, to be killed: asked by a line on its standard input, answers by one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.servers.processes import ROOT

Ask = Callable[[str], str]


@contextmanager
def nursery(module: str, *words: str, **settings: str) -> Iterator[Ask]:
    """`python -m module words…` with these environment variables, and none of the developer's own of Day Two."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("DAYTWO_", "DJANGO_"))},
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        **settings,
    }
    command = [sys.executable, "-m", module, *words]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        asking, answers = process.stdin, process.stdout

        def ask(line: str) -> str:
            asking.write(f"{line}\n")
            asking.flush()
            answer = answers.readline()
            assert answer, "the nursery has ended"
            return answer

        yield ask
        asking.close()
