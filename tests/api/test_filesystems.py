from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from dashboard.models import Cluster
from tests import builders
from tests.api.conftest import PROD, Ask
from tests.builders import GIB, filesystem, host_metrics, write_machines

FILESYSTEMS = f"{PROD}filesystems/"


@pytest.fixture
def growing(db: None, now: datetime) -> Cluster:
    """/var grows by 1 GiB an hour, / stands still; the day before yesterday nobody watched."""
    cluster = builders.cluster()
    for ago in range(25, -1, -1):
        at = now - timedelta(hours=ago)
        at = at.replace(minute=0, second=0, microsecond=0) if ago else at
        disks = (filesystem("/var", 60 - ago, 40 + ago), filesystem("/", 20, 80))
        write_machines(cluster, host_metrics("10.0.0.1", at, filesystems=disks), now=at)
    return cluster


def test_each_filesystem_has_its_pace_and_the_days_until_it_is_full(growing: Cluster, asked: Ask) -> None:
    var, root = asked(FILESYSTEMS)["results"]
    assert (var["path"], var["days_unknown"]) == ("/var", None)
    assert var["growth_bytes_per_day"] == pytest.approx(24 * GIB, rel=0.05)
    assert var["days_to_full"] == pytest.approx(40 / 24, rel=0.05)
    assert (root["growth_bytes_per_day"], root["days_to_full"], root["days_unknown"]) == (0, None, "stands still")


def test_a_young_filesystem_has_no_pace_and_no_zero(prod: Cluster, asked: Ask) -> None:
    (row, *_) = asked(FILESYSTEMS)["results"]
    assert (row["growth_bytes_per_day"], row["days_to_full"]) == (None, None)
    assert "known after" in row["days_unknown"]


def test_the_time_of_the_pace_can_be_asked_for_from_an_allow_list(growing: Cluster, asked: Ask) -> None:
    pace = asked(FILESYSTEMS, over="6h")["results"][0]["growth_bytes_per_day"]
    assert pace == pytest.approx(24 * GIB, rel=0.1)
    assert asked(FILESYSTEMS, status=400, over="90d")["allowed"] == ["6h", "24h", "48h"]
