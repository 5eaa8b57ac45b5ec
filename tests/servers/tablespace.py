"""The tests' PostgreSQL database on a small disk for a while: in a tablespace on a file system of its own. Root only.

Its log stays on the server's own disk: where that is full the server stops, and there is nothing left to read.
"""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from tests.on_file import small_disk
from tests.servers import postgresql


@contextmanager
def database_on_small_disk(*, mib: int) -> Iterator[Path]:
    """A copy of the database, which Django uses meanwhile, and the folder it is on. No transaction may be open."""
    if connection.vendor != "postgresql":
        pytest.skip("about PostgreSQL's tablespaces")
    folder = Path(tempfile.mkdtemp(prefix="daytwo-disk-", dir="/tmp"))
    try:
        with small_disk(folder, mib=mib), _copied(folder):
            yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def _copied(folder: Path) -> Iterator[None]:
    owner, before, copy = pwd.getpwnam(postgresql.SYSTEM_USER), connection.settings_dict["NAME"], f"small_{os.getpid()}"
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    connection.close()
    with psycopg.connect(os.environ["DAYTWO_TESTS_DATABASE_URL"], autocommit=True) as server, ExitStack() as undo:

        def do(sql: str, undone: str) -> None:
            server.execute(sql.encode())
            undo.callback(server.execute, undone.encode())

        # What is copied may have no other session: live servers of other tests leave some for a minute.
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [before])
        do(f"CREATE TABLESPACE {copy} LOCATION '{folder}'", f"DROP TABLESPACE {copy}")
        do(f'CREATE DATABASE {copy} TEMPLATE "{before}" TABLESPACE {copy}', f"DROP DATABASE {copy} WITH (FORCE)")
        undo.callback(connection.settings_dict.__setitem__, "NAME", before)
        undo.callback(connection.close)
        connection.settings_dict["NAME"] = copy
        yield
