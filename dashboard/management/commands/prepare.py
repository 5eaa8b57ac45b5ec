"""`manage.py prepare`: make tables, static files, roles and the first user, before `web`, `worker` and `beat` start."""

from __future__ import annotations

import argparse
import sys
from typing import Any, NoReturn

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error as DatabaseError

from dashboard.management.starting import WAIT_SECONDS
from dashboard.running import before_start, preparation

EXAMPLES = """\
examples:
  manage.py prepare                     after each new version, on every machine that runs a web server
  manage.py prepare --wait 120          while the database server is still starting
"""


class Command(BaseCommand):
    help = (
        "Make what this version needs: tables, static files, roles, and the first admin. Does nothing twice, may run "
        "while Day Two runs, and on several machines at once: one goes first, the others wait for it."
    )
    requires_system_checks = ()

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        shape = argparse.RawDescriptionHelpFormatter
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, formatter_class=shape, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        told = "how long to wait for a database that does not answer yet; default: %(default)g"
        parser.add_argument("--wait", metavar="SECONDS", type=float, default=WAIT_SECONDS, help=told)

    def handle(self, *, wait: float, **options: Any) -> None:
        try:
            before_start.require_usable_keys()
            before_start.require_shared_keys()
            before_start.require_database(wait)
            with preparation.one_at_a_time():
                before_start.require_no_newer_schema()
                preparation.prepare()
                made = preparation.make_first_admin()
        except before_start.RefusedError as refusal:
            self.refuse(str(refusal), refusal.code)
        except ValidationError as error:
            reason = f"DAYTWO_ADMIN_PASSWORD is too weak: {' '.join(error.messages)}"
            self.refuse(reason, before_start.CONFIGURATION)
        except DatabaseError as error:
            self.refuse(f"The database does not answer as it should: {str(error).strip()}", before_start.NOT_NOW)
        except OSError as error:
            self.refuse(f"Cannot prepare: {error}", before_start.NOT_NOW)
        if made:
            self.stdout.write(preparation.told(made))
        self.stdout.write("Ready: start `manage.py web`, `manage.py worker`, `manage.py beat` and `manage.py listen`.")

    def refuse(self, line: str, code: int) -> NoReturn:
        self.stderr.write(line)
        sys.exit(code)
