"""A database of its own for processes that a test starts, on the engine that the tests run on."""

from __future__ import annotations

import os
import shutil
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

    @property
    def name(self) -> str:
        """On its server; SQLite's is the path of its file."""
        told = self.url.removeprefix("sqlite:///") if self.is_sqlite else conninfo_to_dict(self.url)["dbname"]
        return str(told)

    def ask(self, sql: str) -> list[Row]:
        if self.is_sqlite:
            with closing(sqlite3.connect(self.name, timeout=20)) as connection:
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


def server() -> str:
    """The URL of the PostgreSQL server that the tests run on; empty on SQLite."""
    return os.environ.get("DAYTWO_TESTS_DATABASE_URL", "")


@contextmanager
def own(folder: Path, template: Database | None = None) -> Iterator[Database]:
    """An empty one, or a copy of `template`: a file in the folder, or a database on the tests' PostgreSQL server, dropped at
    the end."""
    database = of(server(), folder, f"own_{uuid.uuid4().hex}" if server() else "daytwo")
    make(database, template)
    try:
        yield database
    finally:
        if not database.is_sqlite:
            _on_server(f"DROP DATABASE {database.name} WITH (FORCE)")


def of(server: str, folder: Path, name: str) -> Database:
    """The one of that name on the server, else in the folder; urllib would drop the empty host of a socket's URL."""
    if not server:
        return Database(f"sqlite:///{folder / name}.sqlite3")
    host, _, rest = server.removeprefix("postgres://").partition("/")
    return Database("".join(["postgres://", host, "/", name, *rest.partition("?")[1:]]))


def make(database: Database, template: Database | None) -> None:
    """An empty SQLite file is none at all: whoever connects first makes it."""
    if not database.is_sqlite:
        _on_server(f"CREATE DATABASE {database.name}" + (f" TEMPLATE {template.name}" if template else ""))
    elif template:
        shutil.copyfile(template.name, database.name)


def _on_server(sql: str) -> None:
    with psycopg.connect(server(), autocommit=True) as connection:
        connection.execute(sql.encode())
