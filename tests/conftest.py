"""What all tests share: the rule for browser tests, the project's recorded answers, one data folder to throw away."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from xdist.scheduler.loadscope import LoadScopeScheduling

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NO_CHROMIUM = "browser tests need Debian's chromium: apt-get install -y chromium"

# Playwright's loop runs in the test's thread; Django would take the test for asynchronous code and refuse its database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Without chromium a browser test is skipped, in CI it fails: a green run there is never hollow."""
    if item.get_closest_marker("browser") is None or CHROMIUM.exists():
        return
    if os.environ.get("CI") == "true":
        pytest.fail(NO_CHROMIUM, pytrace=False)
    pytest.skip(NO_CHROMIUM)


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """The tests of a file stay in one process. Those that play recordings share one: they play on fixed addresses, one after
    the other, and would hold up every process they are in."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "recordings" if "/test_live_" in file else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


def pytest_unconfigure(config: pytest.Config) -> None:
    # Never the developer's own data: under other settings this is not the tests' folder.
    if settings.DATA_DIR.name.startswith("daytwo-tests-"):
        shutil.rmtree(settings.DATA_DIR, ignore_errors=True)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": str(CHROMIUM), "args": CHROMIUM_FLAGS}


@pytest.fixture(scope="session")
def shared() -> Path:
    """The recorded answers of real clusters, kept beside the repository; tests that need them are skipped elsewhere."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the recordings beside the repository are not here")
    return folder
