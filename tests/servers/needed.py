"""What a test needs of the system: where it is not installed the test is skipped, in CI it fails."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.servers import postgresql

CHROMIUM = Path("/usr/bin/chromium")


def chromium() -> None:
    if not CHROMIUM.exists():
        missing("browser tests need Debian's chromium: apt-get install -y chromium")


def a_postgresql() -> None:
    if postgresql.program("postgres") is None:
        missing("tests of the larger installation need Debian's PostgreSQL: apt-get install -y postgresql")


def missing(what: str) -> None:
    """A green run in CI is never hollow."""
    if os.environ.get("CI") == "true":
        pytest.fail(what, pytrace=False)
    pytest.skip(what)
