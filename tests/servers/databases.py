"""A database of its own for processes that a test starts, on the engine that the tests run on."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tests.servers import postgresql

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Database:
    url: str
    """As DAYTWO_DATABASE_URL takes it."""

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite:")

    def ask(self, sql: str) -> list[Row]:
        if self.is_sqlite:
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=20)) as connection:
                return connection.execute(sql).fetchall()
        with psycopg.connect(self.url, autocommit=True, connect_timeout=5) as connection:
            return connection.execute(sql.encode()).fetchall()

    def damage(self) -> str:
        """What SQLite's quick_check or PostgreSQL's amcheck finds wrong with tables and indexes; empty when nothing."""
        if self.is_sqlite:
            found = [str(row[0]) for row in self.ask("PRAGMA quick_check")]
            return "" if found == ["ok"] else "\n".join(found)
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS amcheck")
        told = {f"PG{name.upper()}": str(value) for name, value in conninfo_to_dict(self.url).items()}
        environment = {**os.environ, **told}
        command = [str(postgresql.program("pg_amcheck")), "--heapallindexed", "-d", told["PGDBNAME"]]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return f"{done.stdout}{done.stderr}" if done.returncode else ""


@contextmanager
def own(folder: Path) -> Iterator[Database]:
    """An empty one: a file in the folder, or a database on the tests' PostgreSQL server, dropped at the end."""
    server = os.environ.get("DAYTWO_TESTS_DATABASE_URL")
    if not server:
        yield Database(f"sqlite:///{folder / 'daytwo.sqlite3'}")
        return
    name = f"own_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield Database(_named(server, name))
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _named(url: str, name: str) -> str:
    """The URL of another database on the same server; urllib would drop the empty host of a socket's."""
    server, _, rest = url.removeprefix("postgres://").partition("/")
    return "".join(["postgres://", server, "/", name, *rest.partition("?")[1:]])
