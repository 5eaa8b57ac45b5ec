"""manage.py add_cluster: connect a cluster from a shell."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from collectors.errors import ANSWERED
from collectors.target import Kind
from dashboard import connecting
from dashboard.connecting import Connection
from dashboard.management.prepared import require_database
from dashboard.queries import reasons

EXAMPLES = """examples:
  manage.py add_cluster prod https://dcos.example.org --token-file token --ca-file dcos-ca.crt
  manage.py add_cluster lab http://10.0.0.11:5050 --kind mesos --master http://10.0.0.12:5050

exit codes: 0 connected, 1 not connected (the reason is printed), 2 wrong usage"""


class Command(BaseCommand):
    help = "Connect a cluster: every endpoint is tried, then the connection is kept. Day Two only reads."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        kwargs.update(epilog=EXAMPLES, formatter_class=RawDescriptionHelpFormatter)
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="used in addresses: lower-case letters, digits and hyphens")
        parser.add_argument("url", help="Admin Router's URL, or a Mesos master's")
        parser.add_argument("--kind", choices=[str(kind) for kind in Kind], default=str(Kind.DCOS))
        parser.add_argument(
            "--master", metavar="URL", action="append", default=[], help="another master; may be repeated"
        )
        parser.add_argument("--token-file", metavar="F", type=Path, help="a file that holds the login token")
        parser.add_argument("--ca-file", metavar="F", type=Path, help="a PEM file with the authority to trust")
        parser.add_argument("--anyway", action="store_true", help="keep it although nothing answers now")

    def handle(self, *args: object, **given: Any) -> None:
        require_database()
        wanted = Connection(
            name=given["name"],
            kind=given["kind"],
            url=given["url"],
            master_urls=tuple(given["master"]),
            token=_text(given["token_file"]),
            ca_pem=_text(given["ca_file"]) or "",
        )
        try:
            trial = connecting.try_out(connecting.target(wanted))
            self._print(trial)
            if not trial.usable and not given["anyway"]:
                raise CommandError(
                    "Not connected: no master answered. Correct the above, or add --anyway.", returncode=1
                )
            connecting.keep(wanted, timezone.now())
        except ValidationError as error:
            raise CommandError("Not connected: " + " ".join(error.messages), returncode=1) from error
        self.stdout.write(f"Connected {wanted.name}.")

    def _print(self, trial: connecting.Trial) -> None:
        for line in trial.probes:
            words = line.detail if line.outcome in ANSWERED else reasons.reason(line.outcome, line.detail)
            self.stdout.write(f"{line.outcome:<18} {line.what:<28} {words}")


def _text(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}", returncode=1) from error
