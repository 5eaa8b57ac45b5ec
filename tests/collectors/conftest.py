"""A small cluster made of loopback servers: Admin Router and masters with the answers the tests give them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.faults import server as fault
from tests.faults.server import FaultServer, Script

AMOUNTS = {"cpus": 4.0, "mem": 2048.0, "disk": 10240.0, "gpus": 0.0, "ports": "[31000-32000]"}


def agent(host: str, **changes: Any) -> dict[str, Any]:
    """An agent as a summary lists it."""
    return {
        "id": f"id-of-{host}",
        "hostname": f"{host}.example.com",
        "pid": f"slave(1)@{host}:5051",
        "registered_time": 1795340607.5,
        "resources": AMOUNTS,
        "used_resources": {**AMOUNTS, "cpus": 1.5},
        "offered_resources": {"cpus": 0, "mem": 0, "disk": 0},
        "reserved_resources": {},
        "attributes": {},
        "active": True,
        "version": "1.11.0",
        "TASK_RUNNING": 2,
        **changes,
    }


def summary(*agents: dict[str, Any], frameworks: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"hostname": "10.0.0.100", "cluster": "garden", "slaves": list(agents), "frameworks": list(frameworks)}


def snapshot(*, elected: bool, **more: float) -> dict[str, float]:
    return {"master/elected": float(elected), "master/uptime_secs": 42.5, "master/tasks_failed": 3.0, **more}


@dataclass
class Stage:
    """Servers that live as long as the test."""

    stack: ExitStack = field(default_factory=ExitStack)

    def server(
        self, scripts: dict[str, Script] | None = None, host: str = "127.0.0.1", *, port: int = 0
    ) -> FaultServer:
        return self.stack.enter_context(FaultServer(scripts or {}, host=host, port=port))

    def master(self, host: str = "127.0.0.1", *, elected: bool, port: int = 0) -> FaultServer:
        """A master with metrics and a version."""
        metrics, version = fault.document(snapshot(elected=elected)), fault.document({"version": "1.11.0"})
        return self.server({"/metrics/snapshot": metrics, "/version": version}, host, port=port)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with (made := Stage()).stack:
        yield made
