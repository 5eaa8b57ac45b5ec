"""The recorded cluster, played on loopback by the program that stands beside the recordings."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.utils import timezone

from dashboard import polling
from dashboard.models import Cluster, Poll
from dashboard.store import clusters

ROUTER = "127.0.0.1:8907"
SHARED = Path(__file__).resolve().parents[3] / "shared"
EXPECTED: dict[str, Any] = (
    json.loads((SHARED / "live" / "expected.json").read_text()) if (SHARED / "live").is_dir() else {}
)
KILLED = ("07a-leader-killed-1s", "07b-leader-killed-4s", "07c-new-leader-just-elected", "07d-new-leader-settled")
FAIL_OVER = ("06-agent3-back", *KILLED, "08-old-leader-back-as-follower")
"""The steps around the death of the leading master, the one before and the one after it among them."""
MASTERS = [f"http://127.0.0.{last}:5050" for last in (11, 12, 13)]


@contextmanager
def alone() -> Iterator[None]:
    """The recorded hosts have fixed addresses: of all test processes on this machine one plays at a time."""
    with (Path(tempfile.gettempdir()) / "daytwo-replaying.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def playing(*steps: str) -> Iterator[subprocess.Popen[str]]:
    """Serve the steps (the last for ever) until the block ends; the first is up when it begins."""
    program = str(SHARED / "replay" / "replay.py")
    command = [sys.executable, program, *steps, "--router", ROUTER, "--every", "3600"]
    with alone():
        player = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert player.stdout is not None and player.stdout.readline().startswith("step ")
            yield player
        finally:
            player.kill()
            player.wait()


def is_dcos(step: str) -> bool:
    return step[0] in "34"


def connect(step: str) -> Cluster:
    """The step's cluster as an operator would connect it: DC/OS by its router, plain Mesos by its masters."""
    if is_dcos(step):
        wanted, others = Cluster(name="live", kind="dcos", url=f"http://{ROUTER}"), []
    else:
        urls = ["http://127.0.0.14:5050"] if step.startswith("20") else MASTERS
        wanted, others = Cluster(name="live", kind="mesos", url=urls[0]), urls[1:]
    return clusters.save(wanted, master_urls=others, token=None, now=timezone.now())


def poll(cluster: Cluster) -> dict[str, Poll]:
    """Every source of the cluster once."""
    names = ["masters", "summary"] + (["component_health"] if cluster.kind == "dcos" else [])
    return {name: polling.poll_now(cluster, name, clock=timezone.now) for name in names}
