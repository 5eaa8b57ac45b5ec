"""`manage.py restore`: put a backup in the place of the database, and keep what was there."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection
from django.utils import timezone

from dashboard import backup_file, disk, figures
from dashboard.backup_file import Manifest
from dashboard.backups import BackupError, restoring, secret_keys
from dashboard.running import lock

EXAMPLES = """\
examples:
  python3 manage.py restore var/backups/daytwo-20261122T120000Z.sqlite3
  python3 manage.py restore --check FILE       only verify the backup, change nothing
  python3 manage.py restore --replace FILE     PostgreSQL: into a database that is not empty

Stop Day Two first. What is replaced is kept beside it under the time's name.
Exit code 0: restored; 1: refused, nothing was changed; 2: the backup cannot be used, nothing was changed.
"""
REFUSED, UNUSABLE = 1, 2


class Command(BaseCommand):
    help = "Verify a backup and put it in the place of the database. Day Two must be stopped."
    requires_system_checks = ()

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        shape = argparse.RawDescriptionHelpFormatter
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, formatter_class=shape, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="a backup, with its manifest beside it")
        parser.add_argument("--check", action="store_true", help="only verify it")
        parser.add_argument("--replace", action="store_true", help="PostgreSQL: keep what is there aside")
        parser.add_argument("--json", action="store_true", help="answer with one JSON object")

    def handle(self, *, file: Path, check: bool, replace: bool, **options: Any) -> None:
        self.as_json: bool = options["json"]
        try:
            manifest = restoring.require_good(file.absolute())
            if check:
                return self.answer({"good": True}, [f"{file} is good: {summary(manifest)}"])
            with stopped():
                self.restore(file.absolute(), manifest, replacing=replace)
        except restoring.Unusable as error:
            self.fail(str(error), UNUSABLE)
        except (BackupError, OSError, DatabaseError) as error:
            self.fail(str(error), REFUSED)

    def restore(self, file: Path, manifest: Manifest, *, replacing: bool) -> None:
        stamp = f"{timezone.now():%Y%m%dT%H%M%SZ}"
        # The keys first: the lists keep the former ones too, so that either database can be opened whatever comes.
        lines = keys_restored(file, manifest, stamp)
        aside = put_back(file, stamp, replacing=replacing)
        lines = [f"Restored {file}: {summary(manifest)}", *lines]
        if aside:
            lines += [f"What was there is kept: {aside}", f"Back to it: {way_back(aside)}"]
        self.answer({"restored": True, "kept": aside, "made_at": figures.iso(manifest.made_at)}, lines)

    def answer(self, said: dict[str, Any], lines: list[str]) -> None:
        self.stdout.write(json.dumps(said) if self.as_json else "\n".join(lines))

    def fail(self, reason: str, code: int) -> NoReturn:
        self.stdout.write(json.dumps({"restored": False, "reason": reason})) if self.as_json else self.stderr.write(
            reason
        )
        sys.exit(code)


@contextmanager
def stopped() -> Iterator[None]:
    """Hold the lock of `up` meanwhile. Raises BackupError while Day Two runs."""
    data = Path(settings.DATA_DIR)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        held = lock.hold(data / "up.lock")
    except lock.AlreadyRunningError as holder:
        raise BackupError(f"Day Two runs on {data} (process {holder}): stop it first") from holder
    try:
        yield
    finally:
        os.close(held)


def put_back(file: Path, stamp: str, *, replacing: bool) -> str | None:
    """Returns where the replaced database is kept: a file, or a schema."""
    if connection.vendor == "postgresql":
        return restoring.replace_server(file, stamp, replacing=replacing)
    aside = restoring.replace_file(file, stamp)
    return str(aside) if aside else None


def keys_restored(file: Path, manifest: Manifest, stamp: str) -> list[str]:
    if not manifest.keys:
        return ["Its secret keys are not with it: those of this installation stay."]
    try:
        return secret_keys.put_in_place(secret_keys.read(backup_file.keys_of(file)), stamp)
    except (OSError, msgspec.MsgspecError) as error:
        raise BackupError(f"Nothing was changed: {backup_file.keys_of(file)} cannot be read ({error})") from error


def summary(manifest: Manifest) -> str:
    rows, size = figures.count(sum(manifest.rows.values())), figures.byte_size(manifest.size_bytes)
    return f"of {figures.iso(manifest.made_at)}, {size}, {rows} rows, Day Two {manifest.version}"


def way_back(aside: str) -> str:
    if connection.vendor == "postgresql":
        return f'psql: BEGIN; DROP SCHEMA public CASCADE; ALTER SCHEMA "{aside}" RENAME TO public; COMMIT;'
    file = str(disk.database_file())
    logs = [suffix for suffix in ("-wal", "-shm") if Path(aside + suffix).exists()]
    # The log that a killed Day Two leaves beside the new database would be taken for that of the old one.
    steps = [("rm -f", f"{file}-wal", f"{file}-shm"), *(("mv", aside + one, file + one) for one in ("", *logs))]
    said = (" ".join([what, *map(shlex.quote, paths)]) for what, *paths in steps)
    return f"stop Day Two, then: {' && '.join(said)}"
