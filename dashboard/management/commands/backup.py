"""`manage.py backup`: a verified copy of the database, while Day Two runs."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django.utils import timezone

from dashboard import backup_file, figures
from dashboard.backup_file import Backup
from dashboard.backups import BackupError, making, secret_keys
from dashboard.management.prepared import require_database

EXAMPLES = """\
examples:
  python3 manage.py backup                              into the data folder's backups/, named by the time
  python3 manage.py backup --to /mnt/backups            the same, elsewhere
  python3 manage.py backup before-the-move.sqlite3      into this file, which must not be there yet
  python3 manage.py backup --to /mnt/safe --with-keys   with the secret keys beside it: guard that file

Exit code 0: made and verified; 1: no backup was made; 2: these words were not understood.
Bring it back with: python3 manage.py restore FILE
"""


class Command(BaseCommand):
    help = "Back up the database while Day Two runs, and verify the copy."
    requires_system_checks = ()

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        shape = argparse.RawDescriptionHelpFormatter
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, formatter_class=shape, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        where = parser.add_mutually_exclusive_group()
        where.add_argument("file", metavar="FILE", nargs="?", type=Path, help="a file that is not there yet")
        where.add_argument("--to", metavar="DIR", type=Path, help="folder for a file named by the time")
        parser.add_argument(
            "--with-keys", action="store_true", help="also write the secret keys, into a file beside it"
        )
        parser.add_argument("--json", action="store_true", help="answer with one JSON object")

    def handle(self, *, file: Path | None, to: Path | None, with_keys: bool, **options: Any) -> None:
        require_database(older=True)  # before an upgrade there is no other
        target = file or (to or backup_file.folder()) / making.name_at(timezone.now())
        try:
            made = making.make(target.absolute(), clock=timezone.now, with_keys=with_keys)
        except BackupError as error:
            self.fail(str(error), as_json=options["json"])
        if options["json"]:
            self.stdout.write(json.dumps(told(made)))
        else:
            self.say(made)

    def fail(self, reason: str, *, as_json: bool) -> None:
        self.stdout.write(json.dumps({"made": False, "reason": reason})) if as_json else self.stderr.write(reason)
        sys.exit(1)

    def say(self, made: Backup) -> None:
        manifest = made.manifest
        rows, tables = figures.count(sum(manifest.rows.values())), figures.counted(len(manifest.rows), "table")
        size = figures.byte_size(manifest.size_bytes)
        self.stdout.write(
            f"{made.path}\n{size}, {rows} rows in {tables}, read again and the same · SHA-256 {manifest.sha256}"
        )
        if manifest.keys:
            self.stdout.write(
                f"Its secret keys are in {backup_file.keys_of(made.path).name}: whoever has both can read all of it."
            )
        else:
            lost = "; ".join(secret_keys.WITHOUT[name] for name in secret_keys.gathered())
            self.stdout.write(
                f"The secret keys are not in it (--with-keys). Without those of this installation: {lost}."
            )


def told(made: Backup) -> dict[str, Any]:
    manifest = made.manifest
    return {
        "made": True,
        "file": str(made.path),
        "engine": connection.vendor,
        "made_at": figures.iso(manifest.made_at),
        "size_bytes": manifest.size_bytes,
        "sha256": manifest.sha256,
        "rows": sum(manifest.rows.values()),
        "keys": manifest.keys,
        "verified_at": figures.iso(manifest.verified_at),
    }
