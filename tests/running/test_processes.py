"""How each process is started."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dashboard.running import processes


def test_no_command_line_holds_a_url_or_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DAYTWO_REDIS_URL", "DAYTWO_DATABASE_URL", "DAYTWO_SECRET_KEY"):
        monkeypatch.setenv(name, "redis://:hunter2@redis")
    commands = [processes.web("127.0.0.1:8000"), processes.worker(24), processes.beat(Path("/srv/daytwo"))]
    assert [word for command in commands for word in command if "hunter2" in word or "://" in word] == []


def test_what_is_started_finds_our_code_first_and_keeps_what_was_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/theirs")
    processes.find_our_code()
    assert os.environ["PYTHONPATH"] == f"{processes.BASE}{os.pathsep}/theirs"
    assert (processes.BASE / "dashboard" / "settings.py").is_file()
