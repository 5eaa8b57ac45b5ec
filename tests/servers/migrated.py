"""One migrated database a run, made by whoever needs one first: others are copies of it. A test of migrating migrates itself."""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from tests.servers import databases
from tests.servers.databases import Database
from tests.servers.processes import Processes

FOLDER = "DAYTWO_TESTS_FOLDER"
"""Names what all processes of a run share."""
IN_MEMORY = "file:daytwo?mode=memory&cache=shared"
"""There for a process as long as something of it is connected."""


def have_folder() -> None:
    """From now on what this process starts shares one with it; it is gone when the process that made it ends."""
    if FOLDER not in os.environ:
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="daytwo-tests-")
        atexit.register(shutil.rmtree, os.environ[FOLDER], ignore_errors=True)


@contextmanager
def own(folder: Path) -> Iterator[Database]:
    """A database as `databases.own` makes it, with every table."""
    with databases.own(folder, template()) as database:
        yield database


def template() -> Database:
    """The one that is copied; nobody is connected to it."""
    have_folder()
    folder = Path(os.environ[FOLDER])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        database = databases.of(databases.server(), folder, "migrated")
        made = folder / "made"
        if not made.exists():
            databases.make(database, None)
            Processes(folder, database).done("migrate", "--verbosity", "0")
            made.touch()
        return database


def begin() -> None:
    """Bring the database of the settings, which is empty, to what the product begins with."""
    if connection.vendor == "sqlite":
        shutil.copyfile(template().name, connection.settings_dict["NAME"])
    else:
        call_command("migrate", verbosity=0)


@contextmanager
def as_test_database() -> Iterator[None]:
    """What Django makes its test database of: it creates no table then."""
    told, one = connection.settings_dict["TEST"], template()
    told["MIGRATE"] = False
    if not one.is_sqlite:
        told["TEMPLATE"] = one.name
        yield
        return
    told["NAME"] = IN_MEMORY
    with closing(sqlite3.connect(IN_MEMORY, uri=True)) as kept:
        with closing(sqlite3.connect(one.name)) as source:
            source.backup(kept)
        yield
