"""How each process is started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.running import processes


def test_no_command_line_holds_a_url_or_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DAYTWO_REDIS_URL", "DAYTWO_DATABASE_URL", "DAYTWO_SECRET_KEY"):
        monkeypatch.setenv(name, "redis://:hunter2@redis")
    commands = [processes.web("127.0.0.1:8000"), processes.worker(24), processes.beat(Path("/srv/daytwo"))]
    commands.append(processes.listener())
    assert [word for command in commands for word in command if "hunter2" in word or "://" in word] == []


def loaded(by: str, data: Path) -> set[str]:
    """The modules that a Python of its own has after these statements. What is not loaded is not kept in memory."""
    environment = os.environ | {"DAYTWO_DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    look = [sys.executable, "-c", f"import sys; {by}; print(*sys.modules)"]
    said = subprocess.run(look, cwd=processes.BASE, env=environment, capture_output=True, text=True, check=True)
    return set(said.stdout.split())


def test_the_clock_loads_neither_tasks_nor_tables_nor_a_command_line(tmp_path: Path) -> None:
    found = loaded("import dashboard.clock as clock; clock.application().loader.init_worker()", tmp_path)
    assert "celery.apps.beat" in found
    assert not found & {"numpy", "dashboard.tasks", "dashboard.models", "django.apps.registry", "celery.bin.celery"}


def test_a_worker_loads_every_task_and_no_page(tmp_path: Path) -> None:
    found = loaded("from dashboard import worker; worker.load_no_page(); worker.app.loader.init_worker()", tmp_path)
    assert {"dashboard.tasks", "dashboard.polling"} <= found
    assert not found & {"dashboard.urls", "dashboard.pages", "dashboard.api.urls", "rest_framework.views", "plotly"}


def test_threads_share_two_heaps_unless_somebody_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALLOC_ARENA_MAX", "1")  # so that it is restored
    monkeypatch.delenv("MALLOC_ARENA_MAX")
    processes.share_memory()
    assert os.environ["MALLOC_ARENA_MAX"] == "2"
    monkeypatch.setenv("MALLOC_ARENA_MAX", "8")
    processes.share_memory()
    assert os.environ["MALLOC_ARENA_MAX"] == "8"


def test_what_is_started_finds_our_code_first_and_keeps_what_was_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/theirs")
    processes.find_our_code()
    assert os.environ["PYTHONPATH"] == f"{processes.BASE}{os.pathsep}/theirs"
    assert (processes.BASE / "dashboard" / "settings.py").is_file()
