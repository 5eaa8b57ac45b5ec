"""A cluster with something to tell, and a data folder without a key."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from dashboard.models import Cluster
from tests import builders
from tests.builders import NOON, agent, framework, master, node_health, report, summary, unit, write, write_masters


@pytest.fixture(autouse=True)
def data(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder without a key yet."""
    monkeypatch.delenv("DAYTWO_AUDIT_KEY", raising=False)
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def prod(db: None) -> Cluster:
    cluster = builders.cluster("prod")
    write_masters(cluster, master())
    agents = (agent("10.0.0.1", attributes={"rack": "r1"}), agent("10.0.0.2"))
    write(cluster, summary(NOON, *agents, frameworks=(framework(),)))
    write(cluster, report(NOON, node_health("10.0.0.1", unit("dcos-net.service"), unit("dcos-log.service", 1))))
    cluster.refresh_from_db()
    return cluster
