"""What all tests share: the rule for browser tests, the project's recorded answers, one data folder to throw away."""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from xdist.scheduler.loadscope import LoadScopeScheduling

from tests.servers import migrated, needed, postgresql

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
DOOR, ROOM = ROOT / "pyproject.toml", ROOT / "README.md"
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "live_server"}

# Playwright's loop runs in the test's thread; Django would take the test for asynchronous code and refuse its database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_addoption(parser: pytest.Parser) -> None:
    told = "only tests that use the database, few of the browser: for a second run on another engine"
    parser.addoption("--only-database", action="store_true", help=told)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Modules and thousands of tests stay to the end: to look for garbage among them is a fifth of what collecting costs."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files that take long first, so that none of them is what all wait for at the end; then only those that run alone."""
    if config.getoption("--only-database"):
        left_out = [item for item in items if not uses_database(item)]
        items[:] = [item for item in items if uses_database(item)]
        config.hook.pytest_deselected(items=left_out)
    long = {scope_of(item.nodeid) for item in items if item.get_closest_marker("slow")} | {RECORDINGS}
    in_browser = {scope_of(item.nodeid) for item in items if item.get_closest_marker("browser")}
    alone = {scope_of(item.nodeid) for item in items if item.get_closest_marker("alone")}
    items.sort(
        key=lambda item: (
            scope_of(item.nodeid) in alone,
            scope_of(item.nodeid) not in long,
            scope_of(item.nodeid) not in in_browser,
        )
    )


def uses_database(item: pytest.Item) -> bool:
    """What the browser makes of a page does not depend on the engine; the pages' own tests run on each, and a smoke test."""
    if item.get_closest_marker("browser") and not item.get_closest_marker("engine"):
        return False
    asked = set(getattr(item, "fixturenames", ()))
    marked = any(item.get_closest_marker(name) for name in ("django_db", "engine"))
    return marked or bool(asked & DATABASE_FIXTURES)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") is not None:
        needed.chromium()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Whole installations have the machine to themselves: no other process of this run is at a test then."""
    with among_others(alone=item.get_closest_marker("alone") is not None):
        return (yield)


@contextmanager
def among_others(*, alone: bool) -> Iterator[None]:
    """Beside the other processes of a run, or not. Whoever waits for the room stands in the door: nobody overtakes him."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        yield
        return
    # Files that are there anyway: they are locked, not written.
    with DOOR.open() as door, ROOM.open() as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield


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


def pytest_configure(config: pytest.Config) -> None:
    migrated.have_folder()


def pytest_unconfigure(config: pytest.Config) -> None:
    # Never the developer's own data: under other settings this is not the tests' folder.
    if settings.DATA_DIR.name.startswith("daytwo-tests-"):
        shutil.rmtree(settings.DATA_DIR, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> Iterator[None]:
    """Of several processes only one migrates. One that is alone does so at once, without a process beside it."""
    with migrated.as_test_database() if "PYTEST_XDIST_WORKER" in os.environ else nullcontext():
        yield


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Each test has a database of its own, in which ids begin anew."""
    from dashboard.api import latest_rows  # models are there only once Django is set up
    from dashboard.queries import latest, settled

    for remembered in (settled.REMEMBERED, latest.REMEMBERED, latest_rows.REMEMBERED):
        remembered.forget()


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
