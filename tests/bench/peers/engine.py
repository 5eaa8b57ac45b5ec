"""Another store as a process of its own on loopback: started, asked, its CPU and memory read, ended."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STARTS_IN_SECONDS, ANSWERS_IN_SECONDS, ENDS_IN_SECONDS = 20.0, 120.0, 20.0
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class NotMeasured(Exception):
    """A figure could not be had; says why, and what to do about it."""


@dataclass(frozen=True)
class Engine:
    process: subprocess.Popen[bytes]
    url: str

    def ask(self, path: str, *, body: bytes | None = None, method: str | None = None) -> bytes:
        """The answer to one question; a `body` is posted."""
        request = urllib.request.Request(self.url + path, data=body, method=method)
        with urllib.request.urlopen(request, timeout=ANSWERS_IN_SECONDS) as answer:
            found: bytes = answer.read()
            return found

    def cpu_seconds(self) -> float:
        """Of user and system since it began; the kernel counts it in hundredths of a second."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND

    def peak_mib(self) -> float:
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def told(measure: Callable[[], Mapping[str, Any]]) -> None:
    """Measure, and print what was found as one line of JSON; where it could not be, say why and exit with 1."""
    try:
        found = measure()
    except NotMeasured as reason:
        raise SystemExit(str(reason)) from None
    sys.stdout.write(json.dumps(found) + "\n")


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise NotMeasured(f"{name} is not installed: apt-get install -y prometheus victoria-metrics")
    return found


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def running(command: Sequence[str], port: int, *, ready: str, folder: Path) -> Iterator[Engine]:
    """The program until the block ends, from when it answers 200 at `ready`; its words stand in `folder`/log."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    engine = Engine(process, f"http://127.0.0.1:{port}")
    try:
        _await(engine, ready, folder, command[0])
        yield engine
    finally:
        process.terminate()
        try:
            process.wait(ENDS_IN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(engine: Engine, ready: str, folder: Path, name: str) -> None:
    ends_at = time.monotonic() + STARTS_IN_SECONDS
    while time.monotonic() < ends_at and engine.process.poll() is None:
        try:
            engine.ask(ready)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise NotMeasured(f"{name} did not start: {(folder / 'log').read_text()[-2000:]}")


def bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
