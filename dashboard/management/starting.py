"""What `web`, `worker`, `beat` and `listen` have in common: look whether they may start, then become the process."""

from __future__ import annotations

import argparse
import sys
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from dashboard.running import before_start, processes

WAIT_SECONDS = 30.0


class Starting(BaseCommand, ABC):
    """Exits with 1 when it cannot start now (to try again may help), with 78 when somebody must change a setting first."""

    requires_system_checks = ()  # they read every page, and take their time
    examples: ClassVar[str]

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        shape = argparse.RawDescriptionHelpFormatter
        epilog = f"examples:\n{self.examples}"
        return super().create_parser(prog_name, subcommand, epilog=epilog, formatter_class=shape, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        told = "how long to wait for a database that does not answer yet; default: %(default)g"
        parser.add_argument("--wait", metavar="SECONDS", type=float, default=WAIT_SECONDS, help=told)

    def handle(self, *, wait: float, **options: Any) -> None:
        try:
            command = self.command(**options)
            before_start.require_all(wait)
        except before_start.RefusedError as refusal:
            self.stderr.write(str(refusal))
            sys.exit(refusal.code)
        connections.close_all()
        self.stdout.flush()
        processes.become(command)

    @abstractmethod
    def command(self, **options: Any) -> list[str]:
        """What to become. Raises RefusedError when the options cannot be."""
