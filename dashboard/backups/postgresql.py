"""Dumps of a PostgreSQL database by its own programs, verified row by row against the snapshot they are of.

Document: https://www.postgresql.org/docs/15/app-pgdump.html. Where the database is and its password go by the environment, so
that no list of processes shows them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.db import connection, transaction

from dashboard.backups import BackupError

Rows = dict[str, int]
LEAVES = """
    SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname = 'public' ORDER BY 1
"""
"""Tables that hold rows themselves: partitions, not what they are of."""
OTHERS = """
    SELECT COUNT(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


VARIABLES = {
    **{"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"},
    **{name: f"PG{name.upper()}" for name in ("sslmode", "sslrootcert", "sslcert", "sslkey", "service", "passfile")},
}
"""Parameter of a connection → the variable that stands for it."""


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupError(
            f"{name} is not here: install PostgreSQL's client programs (apt-get install postgresql-client)"
        )
    return found


def copy(target: Path) -> Rows:
    """Dump the database to a new file in PostgreSQL's own format; returns the rows of each table at that moment."""
    with _snapshot() as name, connection.cursor() as cursor:
        rows = counts()
        cursor.execute(LEAVES)
        target.touch(mode=0o600)
        wanted = ["--format=custom", "--schema=public", "--no-owner", "--no-privileges", f"--snapshot={name}"]
        _run([program("pg_dump"), *wanted, f"--file={target}"])
    return rows


@contextmanager
def _snapshot() -> Iterator[str]:
    """A transaction whose snapshot others may look at too, and its name."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        yield str(cursor.fetchone()[0])


def counts() -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(LEAVES)
        names = [str(name) for (name,) in cursor.fetchall()]
        found = {}
        for name in names:
            cursor.execute(f"SELECT COUNT(*) FROM {name}")  # noqa: S608  quoted by PostgreSQL itself
            found[name] = int(cursor.fetchone()[0])
    return found


def verify(file: Path, rows: Rows) -> list[str]:
    """Read all of the dump: as many rows as told in each table; returns its migrations. Raises BackupError."""
    found: Rows = {}
    migrations: list[str] = []
    for table, line in _copied(file):
        found[table] = found.get(table, 0) + (line is not None)
        if table == "public.django_migrations" and line is not None:
            migrations.append(".".join(line.decode().split("\t")[1:3]))
    if found != rows:
        wrong = [name for name in sorted({*rows, *found}) if rows.get(name) != found.get(name)]
        raise BackupError(f"{file.name} has other rows than it should in {', '.join(wrong[:5])}")
    return migrations


def _copied(file: Path) -> Iterator[tuple[str, bytes | None]]:
    """Each table of the dump, once with None, then with each of its rows as COPY writes them."""
    command = [program("pg_restore"), "--data-only", "--file=-", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as reading:  # noqa: S603
        assert reading.stdout and reading.stderr
        table = ""
        for line in reading.stdout:
            if table and line != b"\\.\n":
                yield table, line
            elif table:
                table = ""
            elif line.startswith(b"COPY "):
                table = line.decode().split(" ")[1]
                yield table, None
        said = reading.stderr.read().decode(errors="replace")
    if reading.returncode:
        raise BackupError(f"{file.name} cannot be read: {said.strip()[-400:]}")


def others_connected() -> int:
    """How many others use the database now."""
    with connection.cursor() as cursor:
        cursor.execute(OTHERS)
        return int(cursor.fetchone()[0])


def sessions_begun(within_seconds: float) -> int:
    """How many sessions others begin meanwhile: between two tasks an idle worker has none. PostgreSQL 15's own count, which it
    writes at most once a second."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        counted = []
        for wait in (1.0, within_seconds):
            time.sleep(wait)
            cursor.execute("SELECT sessions FROM pg_stat_database WHERE datname = current_database()")
            counted.append(int(cursor.fetchone()[0]))
    return counted[1] - counted[0]


def is_empty() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(LEAVES)
        return cursor.fetchone() is None


def replace(file: Path, aside: str | None) -> None:
    """Put the dump in the place of what is there, in one transaction. What was there becomes the schema `aside`.

    Only its last word is COMMIT, and that is sent when the dump was read to its end: whatever is killed leaves what was there.
    """
    connection.close()
    # The dump makes the schema itself.
    clearing = f'ALTER SCHEMA public RENAME TO "{aside}";' if aside else "DROP SCHEMA public;"
    reading_it = [program("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(file)]
    applying = [program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    with (
        subprocess.Popen(reading_it, stdout=pipe, stderr=nowhere) as reading,  # noqa: S603
        subprocess.Popen(applying, stdin=pipe, stdout=nowhere, stderr=pipe, env=_environment()) as writing,  # noqa: S603
    ):
        assert reading.stdout and writing.stdin and writing.stderr
        with suppress(BrokenPipeError):
            writing.stdin.write(f"BEGIN;\n{clearing}\n".encode())
            shutil.copyfileobj(reading.stdout, writing.stdin)
            if reading.wait() == 0:
                writing.stdin.write(b"COMMIT;\n")
            writing.stdin.flush()
        with suppress(BrokenPipeError):
            writing.stdin.close()
        said = writing.stderr.read().decode(errors="replace").strip()
    if reading.returncode or writing.returncode:
        raise BackupError(f"Nothing was changed: {said[-400:] or 'the dump cannot be read to its end'}")


def _run(command: list[str]) -> None:
    ended = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)  # noqa: S603
    if ended.returncode:
        raise BackupError(f"{Path(command[0]).name} failed: {ended.stderr.strip()[-400:]}")


def _environment() -> dict[str, str]:
    """Where the database is and how it is signed in to, as PostgreSQL's programs read it."""
    said = connection.get_connection_params()
    return {**os.environ, **{theirs: str(said[ours]) for ours, theirs in VARIABLES.items() if said.get(ours)}}
