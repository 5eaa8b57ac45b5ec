"""`manage.py verify_audit`: is the audit chain, or a file exported from it, what was signed?"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboard import audit_chain, figures
from dashboard.auditing import checking, export
from dashboard.auditing.checking import Report
from dashboard.management.prepared import require_database

EXAMPLES = """\
examples:
  python3 manage.py verify_audit                                     every entry that is stored
  python3 manage.py verify_audit prod.jsonl --public-key 3b6a27…     a file, which needs no database

exit status: 0 nothing is wrong, 1 an entry is broken, 2 it could not be checked
"""
BROKEN, NOT_CHECKED = 1, 2


class Command(BaseCommand):
    help = "Check the digests, the order and the signatures of the audit chain, up to the first entry that is broken."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        shape = argparse.RawDescriptionHelpFormatter
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, formatter_class=shape, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", help="an export to check in place of what is stored")
        parser.add_argument(
            "--public-key",
            action="append",
            default=[],
            metavar="HEX",
            help="a key that is trusted, in place of this installation's own; may be given more than once",
        )
        parser.add_argument("--json", action="store_true", help="the report as one JSON object")

    def handle(self, *, file: str | None, public_key: Sequence[str], json: bool, **options: Any) -> None:
        trusted = self.trusted(public_key)
        report = self.checked(file, trusted)
        self.stdout.write(_as_json(report) if json else "\n".join(_in_words(report)))
        if report.error:
            sys.exit(BROKEN)
        if report.first is None or not report.signed:
            sys.exit(NOT_CHECKED)

    def trusted(self, given: Sequence[str]) -> Mapping[str, str]:
        try:
            return audit_chain.trusted(given) if given else checking.own_keys()
        except (ValueError, OSError) as error:
            raise CommandError(str(error), returncode=NOT_CHECKED) from error

    def checked(self, file: str | None, trusted: Mapping[str, str]) -> Report:
        if file is None:
            try:
                require_database()
            except CommandError as error:
                raise CommandError(str(error), returncode=NOT_CHECKED) from error
            return checking.chain(trusted)
        try:
            with Path(file).open(encoding="utf-8") as lines:
                return checking.report(export.read(lines), trusted)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {error}", returncode=NOT_CHECKED) from error


def _as_json(report: Report) -> str:
    return json.dumps(asdict(report) | {"from_the_beginning": report.from_the_beginning}, sort_keys=True)


def _in_words(report: Report) -> list[str]:
    if report.error:
        which = "An entry" if report.number is None else f"Number {report.number}"
        upto = f" Numbers {report.first} to {report.last} before it are as they were signed." if report.last else ""
        return [f"BROKEN. {which}: {report.error}.{upto}"]
    if report.first is None:
        return ["Nothing was checked: there is no entry."]
    said = [
        f"Numbers {report.first} to {report.last} follow each other without a gap: "
        f"{figures.counted(report.links, 'entry', 'entries')}, of which {figures.count(report.contents)} with their content. "
        f"The last digest is {report.head}."
    ]
    if not report.from_the_beginning:
        said.append(f"The chain begins here at number {report.first}: what was before was deleted by age, or left out.")
    if not report.signed:
        said.append("NO SIGNATURE was checked: this machine has no audit key. Give --public-key, or DAYTWO_AUDIT_KEY.")
    return said
