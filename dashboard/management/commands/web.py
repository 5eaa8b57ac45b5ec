"""`manage.py web`: one web server of an installation that others prepared."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from dashboard.management.starting import Starting
from dashboard.running import address, before_start, processes


class Command(Starting):
    help = "Serve pages and API. Needs what `manage.py prepare` made; any number may run, on any number of machines."
    examples = """\
  manage.py web                         on port 8000 of this machine only
  manage.py web --bind 0.0.0.0:8000     for a proxy on another machine
"""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--bind", metavar="HOST:PORT", default="127.0.0.1:8000", help="default: %(default)s")

    def command(self, **options: Any) -> list[str]:
        bind: str = options["bind"]
        try:
            address.require_free(bind)
        except ValueError as error:
            raise before_start.RefusedError(f"--bind: {error}", before_start.CONFIGURATION) from error
        except address.AddressError as error:
            raise before_start.RefusedError(f"--bind: {error}", before_start.NOT_NOW) from error
        return processes.web(bind)
