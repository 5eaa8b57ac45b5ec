"""The audit's pages in a real browser: on a phone and a desk, in both themes, with text that means harm."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from dashboard.auditing import daily
from tests import builders
from tests.browser.conftest import LOOKS, Open, ill_looks
from tests.builders import agent, framework, master, summary, write, write_masters

pytestmark = pytest.mark.browser
SCRIPT = '"><script>alert(1)</script>'


@pytest.fixture
def visit(open_signed_in: Open, settings: Settings, tmp_path: Path) -> Open:
    settings.DATA_DIR = tmp_path
    now, cluster = timezone.now(), builders.cluster()
    write_masters(cluster, master(at=now), now=now)
    write(cluster, summary(now, *(agent(f"10.0.0.{last}") for last in range(1, 6))))
    daily.make(cluster, now - timedelta(days=1))
    write(cluster, summary(now, agent("10.0.0.1", version="1.11.1"), frameworks=(framework(SCRIPT),)))
    cluster.refresh_from_db()
    daily.make(cluster, now)
    return open_signed_in


@pytest.mark.parametrize("path", ["", "compare/", "day"])
def test_the_pages_read_well_in_every_size_and_theme(visit: Open, path: str) -> None:
    path = f"{timezone.now():%Y-%m-%d}/" if path == "day" else path
    for dark, width in LOOKS:
        page = visit(f"/c/prod/audit/{path}", dark=dark, width=width)
        assert page.locator("h1").count() == 1
        assert ill_looks(page) == []
