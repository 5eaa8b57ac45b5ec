"""`manage.py worker`: one process that polls clusters, judges rules and sends notices."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from dashboard.management.starting import Starting
from dashboard.running import before_start, processes


class Command(Starting):
    help = "Do what is due: polls, rules, notices, compaction. Any number may run; none does what another has taken."
    examples = """\
  manage.py worker                      with DAYTWO_WORKER_THREADS polls at the same time
  manage.py worker --threads 48         with more
"""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        told = "polls at the same time; default: %(default)d, from DAYTWO_WORKER_THREADS"
        parser.add_argument("--threads", metavar="N", type=int, default=settings.WORKER_THREADS, help=told)

    def command(self, **options: Any) -> list[str]:
        threads: int = options["threads"]
        if threads < 1:
            raise before_start.RefusedError(f"--threads: {threads} is not 1 or more.", before_start.CONFIGURATION)
        return processes.worker(threads)
