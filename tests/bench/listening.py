"""How soon a failed task is told, and what listening costs: `python -m tests.bench.listening [AGENTS] [SECONDS]`.

A thousand agents with six tasks each, a thousand apps, broker, worker, beat and listener as `up` starts them. The streams are
read for so many seconds while nothing fails, and for as many while apps of it crash. The last line is one JSON object; CPU is
the listener's own, in seconds a second. The goal is that a failure is told within three seconds.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from collectors.simulator import Settings, Simulator
from tests.servers import databases
from tests.servers.heard import Heard

AGENTS, TASKS_PER_AGENT, APPS = 1_000, 6, 1_000
SECONDS = 60
CRASHING, PER_HOUR = "even-0001", 720
MOST_SECONDS = 3.0
TICKS = os.sysconf("SC_CLK_TCK")


def main(agents: int, seconds: int) -> None:
    plan = Settings(agents=agents, tasks_per_agent=TASKS_PER_AGENT, apps=APPS, with_stories=False)
    with (
        tempfile.TemporaryDirectory() as folder,
        Simulator(plan).running() as simulator,
        databases.own(Path(folder)) as database,
    ):
        heard = Heard(Path(folder), database)
        try:
            heard.begin_all(simulator.router_url)
            found = measured(heard, simulator, seconds)
        finally:
            heard.kill_all()
    print(json.dumps(found))


def measured(heard: Heard, simulator: Simulator, seconds: int) -> dict[str, float]:
    quiet = share_of_cpu(heard, seconds)
    simulator.failures.crash_app(CRASHING, per_hour=PER_HOUR)
    failing = share_of_cpu(heard, seconds)
    took = [waited.total_seconds() for _, waited in heard.unpolled()]
    if not took:
        raise SystemExit(f"Nothing was told by a stream.\n{heard.told()}")
    (tasks,) = heard.database.ask("SELECT COUNT(*) FROM dashboard_task WHERE ended_at IS NULL")[0]
    return {
        "running_tasks": tasks,
        "told_by_streams": len(took),
        "told_after_p50_seconds": round(statistics.median(took), 2),
        "told_after_most_seconds": round(max(took), 2),
        "goal_holds": max(took) <= MOST_SECONDS,
        "listener_cpu_quiet": round(quiet, 4),
        "listener_cpu_failing": round(failing, 4),
        "listener_peak_mib": round(peak_mib(heard), 1),
    }


def share_of_cpu(heard: Heard, seconds: int) -> float:
    """Seconds of CPU a second, of the listener."""
    before, began = cpu_seconds(heard), time.monotonic()
    time.sleep(seconds)
    return (cpu_seconds(heard) - before) / (time.monotonic() - began)


def cpu_seconds(heard: Heard) -> float:
    """User and system time; document: proc(5)."""
    told = Path(f"/proc/{heard.running['listener'].pid}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / TICKS


def peak_mib(heard: Heard) -> float:
    told = Path(f"/proc/{heard.running['listener'].pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in told.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    words = [int(word) for word in sys.argv[1:]]
    main(*[*words, *(AGENTS, SECONDS)[len(words) :]])
