"""The processes of one Day Two, as supervisor's configuration.

Two groups: the broker starts first and stops last; web, worker, beat, listener and simulator stop together. Supervisor runs
in the data folder, so that its own files need no path: it expands a log's path twice and breaks on a `%` in it.
Document: https://supervisord.org/configuration.html
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dashboard.running import processes

BOUND = Path(__file__).with_name("bound.py")
STARTS_BEFORE_GIVING_UP = 1_000_000
"""Supervisor waits a second longer before every further start, and must never give up on a process."""
STOP_SECONDS = 3
TERMINAL = "/dev/fd/1"
FALLBACK_LOG = "up.log"


@dataclass(frozen=True)
class Program:
    """One supervised process. `log` is a file of the data folder that takes its output, in place of the terminal."""

    name: str
    command: Sequence[str]
    log: str = ""


def programs(*, bind: str, data: Path, worker_threads: int, simulator: Sequence[str] | None) -> list[Program]:
    """All but the broker."""
    listed = [
        Program("web", processes.web(bind)),
        Program("worker", processes.worker(worker_threads)),
        Program("beat", processes.beat(data)),
        Program("listener", processes.listener()),
    ]
    return listed if simulator is None else [*listed, Program("simulator", simulator)]


def render(*, broker: Program | None, others: Sequence[Program], parent: int, output: str) -> str:
    """The configuration file. `parent` is the process id that supervisor will have, `output` where children write."""
    sections = [daemon()]
    sections += [program(one, parent, output) for one in ([broker] if broker else []) + list(others)]
    if broker:
        sections.append(group("broker", [broker], priority=1))
    sections.append(group("daytwo", others, priority=2))
    return "\n".join(sections)


def daemon() -> str:
    lines = ["[supervisord]", "nodaemon=true", "logfile=/dev/null", "logfile_maxbytes=0", "loglevel=warn", "umask=077"]
    lines.append("pidfile=supervisord.pid")
    if os.getuid() == 0:
        lines.append("user=root")  # said, it is no longer a warning
    return "\n".join(lines) + "\n"


def program(one: Program, parent: int, output: str) -> str:
    log = one.log or output
    bound = [sys.executable, "-I", "-S", str(BOUND), str(parent), *one.command]
    lines = [
        f"[program:{one.name}]",
        f"command={' '.join(escaped(word) for word in bound)}",
        "autorestart=true",
        f"startretries={STARTS_BEFORE_GIVING_UP}",
        f"stopwaitsecs={STOP_SECONDS}",
        "killasgroup=true",
        "redirect_stderr=true",
        f"stdout_logfile={log}",
        f"stdout_logfile_maxbytes={0 if log == TERMINAL else '1MB'}",
        "stdout_logfile_backups=1",
    ]
    return "\n".join(lines) + "\n"


def group(name: str, members: Sequence[Program], *, priority: int) -> str:
    names = ",".join(one.name for one in members)
    return f"[group:{name}]\nprograms={names}\npriority={priority}\n"


def escaped(word: str) -> str:
    """One word of a command line: for the shell-like splitter, the comment rule (` #`, ` ;`) and the `%` of supervisor."""
    return re.sub(r"([^\w@%+=:,./-])", r"\\\1", word).replace("%", "%%") or "''"


def terminal() -> str:
    """Where children write: this process's standard output, else, when it cannot be opened again, a log in the data folder.

    A socket (systemd's journal) and another user's terminal cannot be opened again.
    """
    try:
        if stat.S_ISSOCK(os.fstat(1).st_mode):
            return FALLBACK_LOG
        os.close(os.open(TERMINAL, os.O_WRONLY | os.O_APPEND))
    except OSError:
        return FALLBACK_LOG
    return TERMINAL


def append_to_output() -> None:
    """Make a redirected output append: children open it again, and nobody may overwrite another's lines."""
    if stat.S_ISREG(os.fstat(1).st_mode):
        fcntl.fcntl(1, fcntl.F_SETFL, fcntl.fcntl(1, fcntl.F_GETFL) | os.O_APPEND)
