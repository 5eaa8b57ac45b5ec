"""`manage.py export_audit`: the audit chain as a file that can be checked elsewhere."""

from __future__ import annotations

import argparse
import os
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from dashboard import figures
from dashboard.audit_chain import Broken
from dashboard.auditing import checking, export
from dashboard.management.prepared import require_database
from dashboard.models import Cluster

EXAMPLES = """\
examples:
  python3 manage.py export_audit audit.jsonl
  python3 manage.py export_audit prod.jsonl --cluster prod --since 2026-01-01 --until 2026-12-31

It prints the public keys: give them to whoever will check the file, by another way than the file.
"""


class Command(BaseCommand):
    help = "Write the audit chain, or the part of it that is asked for, as JSON lines."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        shape = argparse.RawDescriptionHelpFormatter
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, formatter_class=shape, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="which is made; one that is there is left alone")
        parser.add_argument("--cluster", metavar="NAME", help="of this one only; of others the links stay")
        parser.add_argument("--since", type=_day, metavar="DAY", help="the first day, YYYY-MM-DD")
        parser.add_argument("--until", type=_day, metavar="DAY", help="the last day")

    def handle(self, *, file: str, cluster: str | None, since: date | None, until: date | None, **options: Any) -> None:
        require_database()
        of = None if cluster is None else Cluster.objects.filter(name=cluster).first()
        if cluster is not None and of is None:
            raise CommandError(f"There is no cluster named {cluster}.")
        written = self.write(Path(file), of, since, until)
        self.stdout.write(f"{figures.counted(written, 'entry', 'entries')} in {file}.")
        for key_id, public in checking.own_keys().items():
            self.stdout.write(f"Public key {key_id[:16]}: {public}")

    def write(self, path: Path, cluster: Cluster | None, since: date | None, until: date | None) -> int:
        """How many entries; a file that could not be written whole is taken away again."""
        try:
            with path.open("x", encoding="utf-8") as file:
                count = -1
                for count, line in enumerate(  # noqa: B007  the count of lines after the header
                    export.lines(timezone.now(), cluster=cluster, since=since, until=until)
                ):
                    file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError as error:
            raise CommandError(f"{path} is there already.") from error
        except (OSError, Broken) as error:
            with suppress(FileNotFoundError):
                path.unlink()
            raise CommandError(f"Nothing was exported: {error}.") from error
        return count


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no day, as in 2026-11-22") from None
