"""`manage.py report`: what the dcos command line prints of a node or a task, and what is so."""

from __future__ import annotations

import argparse
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from dashboard.hostile_text import visible
from dashboard.management import report_lines, reports
from dashboard.management.prepared import require_database
from dashboard.models import Cluster

EXAMPLES = """\
examples:
  python3 manage.py report node 10.0.0.21
  python3 manage.py report node 3192b9d1-S4 --cluster prod --details
  python3 manage.py report task shop_web.06ce --json

exit status: 0 it is printed, 1 nothing is known of it, or several things are called so
"""


class Command(BaseCommand):
    help = "Print what `dcos node metrics` or `dcos task metrics` prints, beside the right figure, and why they differ."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        shape = argparse.RawDescriptionHelpFormatter
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, formatter_class=shape, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["node", "task"])
        parser.add_argument("named", help="a node's host, agent id or hostname; a task's id, or how that begins")
        parser.add_argument("--cluster", metavar="NAME", help="of this one only; of all of them where left out")
        parser.add_argument("--details", action="store_true", help="the rows of `metrics details` too")
        parser.add_argument("--json", action="store_true", help="one JSON object, details among it")

    def handle(self, *, what: str, named: str, cluster: str | None, details: bool, **given: Any) -> None:
        require_database()
        now, clusters = timezone.now(), _clusters(cluster)
        found = reports.node if what == "node" else reports.task
        report = found(clusters, named, now, details=details)
        if given["json"]:
            self.stdout.write(json.dumps(report_lines.as_json(report, now)))
        else:
            self.stdout.write("\n".join(report_lines.lines(report, now)))


def _clusters(name: str | None) -> list[Cluster]:
    """Raises CommandError."""
    every = list(Cluster.objects.order_by("name"))
    found = [one for one in every if name in (None, one.name)]
    if not found:
        known = ", ".join(one.name for one in every) or "none is connected yet: add one with `manage.py add_cluster`"
        called = "there is no cluster" if name is None else f"no cluster is called {visible(name, one_line=True)}"
        raise CommandError(f"{called[0].upper()}{called[1:]}: {known}.", returncode=1)
    return found
