"""From the kill of an agent to Now's verdict, with the whole of Day Two running: `python -m tests.bench.lost_agent TIMES`.

The agents are simulated; all else is what `manage.py up` starts. The Now page is asked four times a second.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent.parent
AGENTS = 12
NET = 61
NAME = "bench"
PASSWORD = "a-password-for-benchmarks"
PATIENCE_SECONDS = 60.0
STEP_SECONDS = 0.25


@dataclass
class Site:
    """A running Day Two, seen by a signed-in admin."""

    url: str
    environment: dict[str, str]
    session: requests.Session = field(default_factory=requests.Session)

    def is_ready(self) -> bool:
        try:
            return self.session.get(f"{self.url}/-/ready", timeout=5).ok
        except requests.RequestException:
            return False

    def sign_in(self) -> None:
        address = f"{self.url}/accounts/login/"
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.session.get(address, timeout=10).text)
        assert token is not None
        said = {"csrfmiddlewaretoken": token[1], "username": "admin", "password": PASSWORD}
        self.session.post(address, said, headers={"Referer": address}, timeout=10).raise_for_status()

    def verdict(self) -> str:
        page = self.session.get(f"{self.url}/c/{NAME}/", timeout=10).text
        found = re.search(r'<section class="verdict.*?</section>', page, re.DOTALL)
        assert found is not None, page[:500]
        return re.sub(r"<[^>]*>", "", found[0])


def main(times: int) -> None:
    with simulator() as router, up() as site:
        add = [sys.executable, "manage.py", "add_cluster", NAME, router]
        subprocess.run(add, cwd=ROOT, env=site.environment, check=True, stdout=subprocess.DEVNULL)
        site.sign_in()
        seconds = []
        for number in range(times):
            if number:
                back(site, router, f"127.{NET}.1.{20 + number}")
            seconds.append(lost(site, router, f"127.{NET}.1.{21 + number}"))
    print(f"from kill to verdict: {', '.join(f'{one:.1f}' for one in seconds)} s")
    print(json.dumps({"seconds": seconds, "worst_seconds": max(seconds)}))


def lost(site: Site, router: str, host: str) -> float:
    """Kill one agent and wait until Now's verdict names it."""
    until(lambda: not {"Unknown", "Partly"} & set(site.verdict().split()))
    tell(router, do="kill_agent", host=host)
    began = time.monotonic()
    until(lambda: host in site.verdict())
    return round(time.monotonic() - began, 2)


def back(site: Site, router: str, host: str) -> None:
    tell(router, do="restart_agent", host=host)
    until(lambda: host not in site.verdict())


def tell(router: str, **wish: str) -> None:
    requests.post(f"{router}/_control", json=wish, timeout=5).raise_for_status()


def until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > ends:
            raise SystemExit(f"not within {PATIENCE_SECONDS:.0f} s")
        time.sleep(STEP_SECONDS)


@contextmanager
def simulator() -> Iterator[str]:
    words = ["--agents", str(AGENTS), "--net", str(NET), "--control", "--bound"]
    with running(["-m", "collectors.simulator", *words], dict(os.environ), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = process.stdout.readline().decode().split()
        yield said[said.index("router") + 1]


@contextmanager
def up() -> Iterator[Site]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        bind = f"127.0.0.1:{server.getsockname()[1]}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DAYTWO_", "DJANGO_"))}
    with tempfile.TemporaryDirectory() as data:
        own = {**kept, "DAYTWO_NO_VENV": "1", "DAYTWO_DATA_DIR": data}
        words = ["manage.py", "up", "--bind", bind, "--data", data]
        with running(words, {**own, "DAYTWO_ADMIN_PASSWORD": PASSWORD}, stdout=subprocess.DEVNULL):
            site = Site(f"http://{bind}", own)
            until(site.is_ready)
            yield site


@contextmanager
def running(words: list[str], environment: dict[str, str], *, stdout: int) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=environment, stdout=stdout)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


if __name__ == "__main__":
    main(int(sys.argv[1]))
