"""The Storage page in a real browser: on a phone and a desk, in both themes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from dashboard.models import StoredSize, Upkeep
from dashboard.roles import Role, grant
from tests import builders
from tests.browser.conftest import LOOKS, Open, ill_looks

pytestmark = pytest.mark.browser
GIB = 1 << 30
SCRIPT = '"><script>alert(1)</script>'
SHARES = {"readings": 0.05, "raw": 0.2, "five_minutes": 0.3, "hours": 0.4, "audit": 0.01, "events": 0.01, "rest": 0.03}
"""Of the whole."""


@pytest.fixture
def visit(open_signed_in: Open, settings: Settings, tmp_path: Path) -> Open:
    settings.DATA_DIR = tmp_path
    now, cluster = timezone.now(), builders.cluster()
    for day in range(20):
        at, whole = now - timedelta(days=day), (20 - day / 4) * GIB
        sizes = {part: whole * share for part, share in SHARES.items()}
        sizes |= {"all": whole, "disk_free": 30 * GIB, "disk_total": 60 * GIB, "of:node": whole / 3}
        for part, size in sizes.items():
            StoredSize.objects.create(day=at.date(), part=part, bytes=int(size), rows=1000, measured_at=at)
    ran = {"started_at": now, "ended_at": now, "succeeded_at": now, "outcome": "ok", "seconds": 1.5}
    Upkeep.objects.create(job="compaction", cluster=cluster, detail=SCRIPT, **ran)
    Upkeep.objects.create(job="integrity", **ran | {"outcome": "corrupt", "detail": "row 5 missing from index " * 8})
    grant(User.objects.get(), Role.ADMIN)
    return open_signed_in


@pytest.mark.parametrize("query", ["", "?raw_hours=24&five_minutes_days=90"])
def test_the_page_reads_well_in_every_size_and_theme(visit: Open, query: str) -> None:
    for dark, width in LOOKS:
        page = visit(f"/c/prod/storage/{query}", dark=dark, width=width)
        assert page.locator("h1").count() == 1
        assert ill_looks(page) == []
