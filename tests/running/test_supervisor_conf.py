"""The configuration as supervisor itself reads it."""

from __future__ import annotations

import contextlib
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from supervisor.options import ServerOptions

from dashboard.running import supervisor_conf
from dashboard.running.supervisor_conf import Program

ODD = 'it\'s 100% "odd" #1 ;2'


def read(folder: Path, **parts: Any) -> dict[str, Any]:
    """Supervisor's process groups by name."""
    text = supervisor_conf.render(**{"parent": 42, "output": "/dev/fd/1", "broker": None, **parts})
    (folder / "supervisord.conf").write_text(text)
    options = ServerOptions()
    with contextlib.chdir(folder):
        options.realize(["-n", "-c", "supervisord.conf"])
    return {group.name: group for group in options.process_group_configs}


def all_programs(data: Path, simulator: list[str] | None = None) -> list[Program]:
    return supervisor_conf.programs(bind="127.0.0.1:8000", data=data, worker_threads=8, simulator=simulator)


def test_the_broker_starts_before_the_others_and_stops_after_them(tmp_path: Path) -> None:
    own = Program("broker", ["valkey-server", "broker.conf"], log="broker.log")
    groups = read(tmp_path, broker=own, others=all_programs(tmp_path, ["simulate"]))
    assert groups["broker"].priority < groups["daytwo"].priority
    assert {one.name for one in groups["daytwo"].process_configs} == {"web", "worker", "beat", "listener", "simulator"}


def test_with_a_broker_of_your_own_none_is_started(tmp_path: Path) -> None:
    assert set(read(tmp_path, others=all_programs(tmp_path))) == {"daytwo"}


def test_every_program_comes_back_is_bound_to_the_parent_and_stops_soon(tmp_path: Path) -> None:
    for one in read(tmp_path, others=all_programs(tmp_path))["daytwo"].process_configs:
        words = shlex.split(one.command)
        assert words[:5] == [sys.executable, "-I", "-S", str(supervisor_conf.BOUND), "42"]
        assert one.autorestart.__name__ == "RestartUnconditionally"
        assert one.startretries >= 1_000_000
        assert one.stopwaitsecs == 3
        assert one.killasgroup


def test_an_odd_folder_reaches_the_program_unchanged(tmp_path: Path) -> None:
    folder = tmp_path / ODD
    folder.mkdir()
    groups = read(
        folder, broker=Program("broker", ["server", str(folder)], log="broker.log"), others=all_programs(folder)
    )
    broker = groups["broker"].process_configs[0]
    assert shlex.split(broker.command)[-2:] == ["server", str(folder)]
    assert broker.stdout_logfile == "broker.log"


@pytest.mark.parametrize("word", ["", "plain", "two words", ODD, "ünï", "a\\b", "%(here)s"])
def test_an_escaped_word_survives_supervisors_reading(tmp_path: Path, word: str) -> None:
    groups = read(tmp_path, others=[Program("web", ["program", word, "after"])])
    assert shlex.split(groups["daytwo"].process_configs[0].command)[-3:] == ["program", word, "after"]


def test_no_secret_of_the_environment_stands_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYTWO_SECRET_KEY", "do-not-write-me")
    read(tmp_path, others=all_programs(tmp_path))
    assert "do-not-write-me" not in (tmp_path / "supervisord.conf").read_text()
