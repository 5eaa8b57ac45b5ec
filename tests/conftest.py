"""What all tests share: the rule for browser tests, the project's recorded answers, one data folder to throw away."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from xdist.scheduler.loadscope import LoadScopeScheduling

from tests.servers import needed, postgresql

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RECORDINGS = "recordings"
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "live_server"}

# Playwright's loop runs in the test's thread; Django would take the test for asynchronous code and refuse its database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_addoption(parser: pytest.Parser) -> None:
    told = "only tests that use the database, none of the browser: for a second run on another engine"
    parser.addoption("--only-database", action="store_true", help=told)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files that take long first, so that none of them is what all wait for at the end."""
    if config.getoption("--only-database"):
        left_out = [item for item in items if not uses_database(item)]
        items[:] = [item for item in items if uses_database(item)]
        config.hook.pytest_deselected(items=left_out)
    long = {scope_of(item.nodeid) for item in items if item.get_closest_marker("slow")} | {RECORDINGS}
    in_browser = {scope_of(item.nodeid) for item in items if item.get_closest_marker("browser")}
    items.sort(key=lambda item: (scope_of(item.nodeid) not in long, scope_of(item.nodeid) not in in_browser))


def uses_database(item: pytest.Item) -> bool:
    """What the browser makes of a page does not depend on the engine; the pages' own tests run on each."""
    if item.get_closest_marker("browser"):
        return False
    asked = set(getattr(item, "fixturenames", ()))
    marked = any(item.get_closest_marker(name) for name in ("django_db", "engine"))
    return marked or bool(asked & DATABASE_FIXTURES)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") is not None:
        needed.chromium()


def scope_of(nodeid: str) -> str:
    """What stays in one process: a file, and all that play recordings. Those play on fixed addresses, one after the other,
    and would hold up every process they are in."""
    file = nodeid.partition("::")[0]
    return RECORDINGS if "/test_live_" in file else file


class ByScope(LoadScopeScheduling):  # type: ignore[misc]
    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByScope:
    return ByScope(config, log)


def pytest_unconfigure(config: pytest.Config) -> None:
    # Never the developer's own data: under other settings this is not the tests' folder.
    if settings.DATA_DIR.name.startswith("daytwo-tests-"):
        shutil.rmtree(settings.DATA_DIR, ignore_errors=True)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": str(needed.CHROMIUM), "args": CHROMIUM_FLAGS}


@pytest.fixture(scope="session")
def shared() -> Path:
    """The recorded answers of real clusters, kept beside the repository; tests that need them are skipped elsewhere."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the recordings beside the repository are not here")
    return folder


@pytest.fixture(scope="session")
def safe_postgresql() -> Iterator[postgresql.Postgresql]:
    """A server of this process' own that may be crashed: it writes through to the disk."""
    needed.a_postgresql()
    with postgresql.running(safe=True) as server:
        yield server
