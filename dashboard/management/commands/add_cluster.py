"""manage.py add_cluster: connect a cluster from a shell."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from collectors import passwords
from collectors.errors import ANSWERED
from collectors.login import Account
from collectors.target import Kind
from dashboard import connecting
from dashboard.connecting import Connection
from dashboard.keys import setting_or_file
from dashboard.management.prepared import require_database
from dashboard.queries import reasons

EXAMPLES = """examples:
  manage.py add_cluster prod https://dcos.example.org --token-file token --ca-file dcos-ca.crt
  manage.py add_cluster prod https://dcos.example.org --user reader --password-file password
  manage.py add_cluster lab http://10.0.0.11:5050 --kind mesos --master http://10.0.0.12:5050 \\
      --marathon http://10.0.0.11:8080

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
        parser.add_argument(
            "--marathon",
            metavar="URL",
            action="append",
            default=[],
            help="a Marathon beside that of DC/OS, or one of plain Mesos; may be repeated",
        )
        parser.add_argument("--token-file", metavar="F", type=Path, help="a file that holds the login token")
        parser.add_argument(
            "--user",
            metavar="NAME",
            help="sign in to DC/OS by user name; the password is taken from --password-file, from "
            "DAYTWO_CLUSTER_PASSWORD or the file DAYTWO_CLUSTER_PASSWORD_FILE, else asked for",
        )
        parser.add_argument(
            "--password-file", metavar="F", type=Path, help="a file with the password on its first line; - reads stdin"
        )
        parser.add_argument("--ca-file", metavar="F", type=Path, help="a PEM file with the authority to trust")
        parser.add_argument("--anyway", action="store_true", help="keep it although nothing answers now")

    def handle(self, *args: object, **given: Any) -> None:
        require_database()
        wanted = Connection(
            name=given["name"],
            kind=given["kind"],
            url=given["url"],
            master_urls=tuple(given["master"]),
            marathon_urls=tuple(given["marathon"]),
            token=_text(given["token_file"]),
            account=_account(given["user"], given["password_file"]),
            ca_pem=_text(given["ca_file"]) or "",
        )
        try:
            reached = connecting.target(wanted)
            trial = connecting.try_out(reached)
            self._print(trial)
            if not trial.usable and not given["anyway"]:
                raise CommandError(
                    "Not connected: no master answered. Correct the above, or add --anyway.", returncode=1
                )
            connecting.keep(wanted, timezone.now())
        except ValidationError as error:
            raise CommandError("Not connected: " + " ".join(error.messages), returncode=1) from error
        self.stdout.write(f"Connected {wanted.name}.")
        if connecting.is_told_in_clear(reached):
            self.stderr.write(
                "The URL is http: user name and password travel unencrypted. Use https where it is offered."
            )

    def _print(self, trial: connecting.Trial) -> None:
        for line in trial.probes:
            words = line.detail if line.outcome in ANSWERED else reasons.reason(line.outcome, line.detail)
            self.stdout.write(f"{line.outcome:<18} {line.what:<28} {words}")


def _account(uid: str | None, password_file: Path | None) -> Account | None:
    """Who signs in; a password is never an argument, which everybody on the machine could read."""
    if not uid:
        if password_file is not None:
            raise CommandError("A password needs its user: add --user NAME.", returncode=2)
        return None
    try:
        stored = setting_or_file("DAYTWO_CLUSTER_PASSWORD") if password_file is None else None
        return Account(uid, stored) if stored else passwords.account_of(uid, password_file)
    except (ValueError, OSError) as error:
        raise CommandError(f"{error}.", returncode=1) from error


def _text(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}", returncode=1) from error
