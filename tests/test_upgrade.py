"""A database of the previous release becomes one of this release while the previous release's workers go on writing."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from dashboard.running import before_start, processes
from tests.patience import HANG_SECONDS
from tests.servers.databases import Database, own
from tests.servers.processes import Processes
from tests.test_up import free_address

PREVIOUS = "0008_failures_and_alerts"
PAUSE_SECONDS = 30
READINGS_A_POLL = 20
NO_BROKER = "redis://127.0.0.1:1/0"

# What the previous release's models write: Django's own record of them, so that every INSERT names its columns only.
MODELS = f"""
import json, os, struct, sys, time
import django
django.setup()
from datetime import datetime, timezone
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
get = MigrationLoader(connection).project_state(("dashboard", "{PREVIOUS}")).apps.get_model
Cluster, Subject, Layout, Reading, Thinning, Poll = (
    get("dashboard", name) for name in ("Cluster", "Subject", "Layout", "Reading", "Thinning", "Poll"))
NOW = datetime.now(timezone.utc).replace(microsecond=0)
TICK = int(NOW.timestamp()) // 60 * 60
def readings(subjects, layout, ticks):
    rows = [Reading(tick=tick, subject_id=one.pk, layout=layout, data=struct.pack("<2d", tick, one.pk))
            for tick in ticks for one in subjects]
    Reading.objects.bulk_create(rows)
"""

# Two days of every minute of one node, two years of totals as they were thinned: one in five minutes, then one an hour.
SEED = f"""{MODELS}
cluster = Cluster.objects.create(name="prod", kind="dcos", url="http://router.test", created_at=NOW)
layout = Layout.objects.create(digest="a" * 40, names=["cpus_total", "cpus_used"])
seen = dict(cluster=cluster, first_seen=NOW, last_seen=NOW)
total = Subject.objects.create(kind="cluster", key="", name="prod", **seen)
hosts = [Subject.objects.create(kind="host", key=str(n), name=str(n), **seen) for n in range({READINGS_A_POLL})]
readings(hosts[:1], layout, range(TICK - 48 * 3600, TICK, 60))
readings([total], layout, range(TICK - 48 * 3600, TICK, 60))
readings([total], layout, range(TICK - 30 * 86400, TICK - 48 * 3600, 300))
readings([total], layout, range(TICK - 730 * 86400, TICK - 30 * 86400, 3600))
Thinning.objects.create(every_seconds=300, before=TICK - 48 * 3600)
Thinning.objects.create(every_seconds=3600, before=TICK - 30 * 86400)
print(Reading.objects.count())
"""

# A poll is a transaction; the ledger has a line for each whose commit returned, with how long it took. For SQLite's lock it
# waits as long as that takes: a worker that waited in vain writes the same again.
WRITE = f"""{MODELS}
if connection.vendor == "sqlite":
    connection.settings_dict["OPTIONS"]["timeout"] = {HANG_SECONDS}
cluster, layout = Cluster.objects.get(), Layout.objects.get()
hosts = list(Subject.objects.filter(kind="host").order_by("pk"))
ledger, stop, tick = open(sys.argv[1], "a"), sys.argv[2], TICK + 60
while not os.path.exists(stop):
    began, due = time.monotonic(), datetime.fromtimestamp(tick, timezone.utc)
    with transaction.atomic(durable=True):
        poll = Poll.objects.create(cluster=cluster, source="nodes", due_at=due)
        readings(hosts, layout, [tick])
        Poll.objects.filter(pk=poll.pk, ended_at=None).update(ended_at=due, outcome="ok", kept=len(hosts))
        Thinning.objects.update_or_create(every_seconds=300, defaults=dict(before=tick))
    ledger.write(json.dumps([poll.pk, tick, time.time(), time.monotonic() - began]) + "\\n")
    ledger.flush()
    os.fsync(ledger.fileno())
    tick += 60
    time.sleep(0.02)
"""

pytestmark = pytest.mark.slow


@dataclass
class Previous:
    """A database of the previous release, with its history."""

    processes: Processes
    database: Database
    readings: int

    def run(self, *words: str) -> str:
        """The output of a Python program in the installation's environment."""
        command = [sys.executable, *words]
        return subprocess.run(
            command, env=self.processes.environment, cwd=processes.BASE, check=True, capture_output=True, text=True
        ).stdout


@pytest.fixture(scope="module")
def left_behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Previous]:
    """Nobody is connected to it: each test has a copy."""
    folder = tmp_path_factory.mktemp("previous")
    with own(folder) as database:
        ours = Processes(folder, database, NO_BROKER)
        ours.done("migrate", "dashboard", PREVIOUS, "-v0")
        for app in ("admin", "sessions"):
            ours.done("migrate", app, "-v0")
        one = Previous(ours, database, 0)
        one.readings = int(one.run("-c", SEED))
        yield one


@pytest.fixture
def previous(left_behind: Previous, tmp_path: Path) -> Iterator[Previous]:
    with own(tmp_path, left_behind.database) as database:
        ours = Processes(tmp_path, database, NO_BROKER)
        yield Previous(ours, database, left_behind.readings)
        ours.kill_all()


def test_a_database_is_upgraded_under_load_without_losing_a_poll(previous: Previous, tmp_path: Path) -> None:
    ledger, stop = tmp_path / "ledger", tmp_path / "stop"
    ledger.touch()
    previous.processes.start("writer", [sys.executable, "-c", WRITE, str(ledger), str(stop)])
    previous.processes.wait_until(
        lambda: len(written(ledger)) >= 20 or not previous.processes.is_alive("writer"), what="twenty polls"
    )
    began = time.time()
    previous.processes.done("prepare")
    ended = time.time()
    previous.processes.wait_until(lambda: written(ledger)[-1].at > ended + 1, what="a poll after the upgrade")
    stop.touch()
    assert previous.processes.running["writer"].wait(HANG_SECONDS) == 0, previous.processes.told()

    polls = written(ledger)
    assert [poll.at < began for poll in polls].count(True) >= 20 and polls[-1].at > ended
    assert max(poll.took_seconds for poll in polls) < max(PAUSE_SECONDS, (ended - began) / 2)
    ask = previous.database.ask
    assert ask("SELECT COUNT(*) FROM dashboard_poll WHERE outcome = 'ok'") == [(len(polls),)]
    assert {row[0] for row in ask("SELECT id FROM dashboard_poll")} == {poll.key for poll in polls}
    assert ask("SELECT COUNT(*) FROM dashboard_reading") == [(previous.readings + READINGS_A_POLL * len(polls),)]
    assert ask("SELECT before FROM dashboard_thinning WHERE every_seconds = 300") == [(polls[-1].tick,)]
    assert previous.database.damage() == ""


def test_this_release_does_not_start_on_it_before_it_is_prepared_and_says_so(previous: Previous) -> None:
    for name in ("web", "worker", "beat"):
        command = [sys.executable, "manage.py", name]
        refused = subprocess.run(
            command, env=previous.processes.environment, cwd=processes.BASE, capture_output=True, text=True, check=False
        )
        assert (refused.returncode, refused.stdout) == (before_start.NOT_NOW, "")
        assert "lacks" in refused.stderr and "`manage.py prepare`" in refused.stderr
        assert len(refused.stderr.splitlines()) == 1


def test_a_web_server_that_runs_all_the_same_is_not_ready(previous: Previous) -> None:
    bind = free_address()
    previous.processes.start("web", processes.web(bind))
    previous.processes.wait_until(lambda: ready(bind) is not None, what="an answer")
    answer = ready(bind)
    assert answer is not None and answer.status_code == 503
    assert "database: lacks" in answer.text and "run manage.py prepare" in answer.text
    previous.processes.done("prepare")
    again = ready(bind)
    assert again is not None and "database" not in again.text


@dataclass(frozen=True)
class Acknowledged:
    key: int
    tick: int
    at: float
    took_seconds: float


def written(ledger: Path) -> list[Acknowledged]:
    """Whole lines only: the last one may be under way."""
    return [
        Acknowledged(*json.loads(line)) for line in ledger.read_text().splitlines(keepends=True) if line.endswith("\n")
    ]


def ready(bind: str) -> requests.Response | None:
    try:
        return requests.get(f"http://{bind}/-/ready", timeout=10)
    except requests.RequestException:
        return None
