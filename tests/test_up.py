"""The real `manage.py up --demo`, as a newcomer starts it: one start for most tests, a second one for the last."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import patient
from tests.patience import HANG_SECONDS, until

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "a-password-for-tests"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for processes in /proc"),
]


@dataclass
class Started:
    """A running `up`. Its process becomes supervisor and keeps its id."""

    process: subprocess.Popen[bytes]
    data: Path
    bind: str

    @property
    def url(self) -> str:
        return f"http://{self.bind}/"

    @property
    def output(self) -> str:
        return output_of(self.data, self.bind).read_text()

    def is_ready(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{self.url}-/ready", timeout=5).status_code == 200
        return False


def processes_of(data: Path) -> list[int]:
    """Every process that was told of this data folder, in its words or in its environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.fsencode(data) in (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes():
                found.append(int(folder.name))
    return found


def child_of(supervisor: int, word: str) -> int | None:
    """The supervised process with `word` in its command line."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            words = (folder / "cmdline").read_bytes().decode()
            if parent == supervisor and word in words and "bound.py" not in words:
                return int(folder.name)
    return None


def command(data: Path, bind: str) -> list[str]:
    return [sys.executable, "manage.py", "up", "--demo", "--bind", bind, "--data", str(data)]


def environment(**more: str) -> dict[str, str]:
    """The caller's, without what concerns tests or another installation. It names no data folder: `--data` does."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DAYTWO_", "DJANGO_"))}
    return {**kept, "DAYTWO_NO_VENV": "1", "DAYTWO_ADMIN_PASSWORD": PASSWORD, **more}


def output_of(data: Path, bind: str) -> Path:
    return data / f"output-{bind.rpartition(':')[2]}.txt"


def free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


@contextlib.contextmanager
def up(data: Path, **more: str) -> Iterator[Started]:
    """`up --demo` that is ready, with more settings; whatever happens, nothing of it is left."""
    bind = free_address()
    with output_of(data, bind).open("wb") as output:
        process = subprocess.Popen(
            command(data, bind), cwd=ROOT, env=environment(**more), stdout=output, stderr=subprocess.STDOUT
        )
    started = Started(process, data, bind)
    try:
        # The demo's past takes half a minute to make.
        until(lambda: started.is_ready() or process.poll() is not None, what="ready", told=lambda: started.output)
        assert process.poll() is None, started.output
        yield started
    finally:
        for left in processes_of(data):
            with contextlib.suppress(ProcessLookupError):
                os.kill(left, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def started(data: Path) -> Iterator[Started]:
    with up(data) as one:
        yield one


@pytest.mark.browser
def test_a_browser_sees_a_collected_number(started: Started, page: Page) -> None:
    patient(page.context)
    page.goto(started.url)
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    nodes = page.locator("article.tile").filter(has=page.get_by_role("heading", name="Nodes"))
    expect(nodes.locator(".basis")).to_contain_text("12 agents", timeout=1000 * HANG_SECONDS)
    expect(nodes.locator(".big")).to_have_text(re.compile(r"^1\d active"))
    # The demo's past is minutes old by now: a figure of this age was collected by the worker that `up` runs.
    page.wait_for_function(
        "() => document.querySelector('[data-age-seconds]')?.dataset.ageSeconds < 30", timeout=1000 * HANG_SECONDS
    )


def test_the_terminal_says_where_it_answers_and_who_signs_in(started: Started) -> None:
    lines = started.output.splitlines()
    assert lines[:3] == [
        f"Preparing Day Two in {started.data}, with a demo cluster …",
        f"Starting, it will answer at {started.url}",
        "Sign in as admin",
    ]
    assert f"Day Two is ready: {started.url}  (Ctrl-C stops it)" in lines
    assert PASSWORD not in started.output


def test_no_process_was_told_the_password(started: Started) -> None:
    for pid in processes_of(started.data):
        assert PASSWORD.encode() not in Path(f"/proc/{pid}/environ").read_bytes()


def test_a_second_up_on_the_same_data_is_refused_in_one_line(started: Started) -> None:
    second = subprocess.run(
        command(started.data, free_address()), cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    assert second.returncode == 1
    assert second.stdout == ""
    assert second.stderr == (
        f"Day Two already runs on {started.data} (process {started.process.pid}): "
        "stop it first, or give another --data.\n"
    )


@pytest.mark.parametrize("name", ["worker", "beat-schedule", "gunicorn", "broker.sock", "simulator"])
def test_a_killed_process_comes_back(started: Started, name: str) -> None:
    supervisor = started.process.pid
    killed = until(lambda: child_of(supervisor, name), what=name)
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    until(lambda: child_of(supervisor, name) not in (None, killed), what=f"{name} again", told=lambda: started.output)
    until(started.is_ready, what="ready again", told=lambda: started.output)


def test_ctrl_c_ends_every_process(started: Started) -> None:
    started.process.send_signal(signal.SIGINT)
    assert started.process.wait(HANG_SECONDS) == 0
    assert processes_of(started.data) == []


def test_a_killed_supervisor_takes_every_process_along(data: Path) -> None:
    with up(data) as again:
        assert len(processes_of(data)) > 1
        again.process.kill()
        again.process.wait()
        until(lambda: not processes_of(data), what="the end of all processes", told=lambda: processes_of(data))
        assert "Sign in as" not in again.output
