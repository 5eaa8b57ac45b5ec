"""Workers are processes, so these are: on a database file of their own, or on the tests' PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import migrated

ROOT = Path(__file__).resolve().parents[2]
CLUSTERS, DAYS, WRITERS = 3, 4, 4
PREPARE = """
from dashboard.models import Cluster
from tests.builders import NOON
for number in range({clusters}):
    Cluster.objects.create(name=f"c{{number}}", kind="dcos", url="http://router.test", created_at=NOON)
"""
WRITE = """
import sys
from datetime import timedelta
from dashboard.auditing import daily
from dashboard.models import Cluster
from tests.builders import NOON
clusters = list(Cluster.objects.order_by("pk"))
print("ready", flush=True)
sys.stdin.readline()
for day in range({days}):
    for cluster in clusters:
        daily.make(cluster, NOON + timedelta(days=day))
"""
MANAGE = "import django; from django.core.management import call_command; django.setup()\n"


@pytest.mark.slow
def test_writers_at_once_never_fork_the_chain_and_make_no_day_twice(tmp_path: Path) -> None:
    with migrated.own(tmp_path) as database:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("DAYTWO_")},
            "DAYTWO_DATABASE_URL": database.url,
            "DAYTWO_DATA_DIR": str(tmp_path / "data"),
            "DAYTWO_AUDIT_KEY": "66" * 32,
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        }

        def start(script: str) -> subprocess.Popen[str]:
            command, pipe = [sys.executable, "-c", MANAGE + script], subprocess.PIPE
            return subprocess.Popen(command, env=environment, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)

        assert start(PREPARE.format(clusters=CLUSTERS)).wait(60) == 0
        writers = [start(WRITE.format(days=DAYS)) for _ in range(WRITERS)]
        for writer in writers:
            assert writer.stdout is not None and writer.stdout.readline() == "ready\n"
        for writer in writers:
            assert writer.stdin is not None
            writer.stdin.write("go\n")
            writer.stdin.flush()
        assert [writer.wait(120) for writer in writers] == [0] * WRITERS
        verify = start("call_command('verify_audit', '--json')")
        report = json.loads(verify.communicate(timeout=60)[0])
        assert report["error"] == "" and report["signed"]
        assert (report["first"], report["last"]) == (1, CLUSTERS * DAYS)
        pairs = database.ask("SELECT DISTINCT cluster_key, day FROM dashboard_auditentry")
        assert len(pairs) == CLUSTERS * DAYS
