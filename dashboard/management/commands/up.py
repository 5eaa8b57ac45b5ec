"""`manage.py up`: prepare this installation, then become the supervisor of its processes."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, connections
from django.utils import timezone

from dashboard.running import address, before_start, broker, lock, preparation, processes, supervisor_conf
from dashboard.store import integrity

CONFIGURATION = "supervisord.conf"
EXAMPLES = """\
examples:
  python3 manage.py up --demo                  with a simulated cluster
  python3 manage.py up --bind 127.0.0.1:9000   on another port
  python3 manage.py up --data /srv/daytwo      with another data folder
"""


class Command(BaseCommand):
    help = "Start Day Two: web, worker, beat, listener and, unless DAYTWO_REDIS_URL is set, its own broker. Ctrl-C stops it."
    requires_system_checks = ()  # they read every page, and take their time

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        shape = argparse.RawDescriptionHelpFormatter
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, formatter_class=shape, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="also run a simulated cluster and show it")
        parser.add_argument("--bind", metavar="HOST:PORT", default="127.0.0.1:8000", help="default: %(default)s")
        parser.add_argument(
            "--data", metavar="DIR", help="where everything is kept; default: DAYTWO_DATA_DIR, else var/"
        )

    def handle(self, *, bind: str, demo: bool, **options: Any) -> None:
        self.require_keys()
        data = Path(settings.DATA_DIR)
        held = self.only_one(data)
        self.require_address(bind)
        self.say(f"Preparing Day Two in {data}{', with a demo cluster' if demo else ''} …")
        simulator = self.prepare(demo=demo)
        self.configure(bind, data, simulator)
        self.announce(bind, self.first_admin())
        connections.close_all()
        supervise(data, held)

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def refuse(self, line: str, code: int = before_start.NOT_NOW) -> NoReturn:
        self.stderr.write(line)
        sys.exit(code)

    def require_keys(self) -> None:
        try:
            before_start.require_usable_keys()
        except before_start.RefusedError as refusal:
            self.refuse(str(refusal), refusal.code)

    def only_one(self, data: Path) -> int:
        try:
            return lock.hold(data / "up.lock")
        except lock.AlreadyRunningError as holder:
            self.refuse(f"Day Two already runs on {data} (process {holder}): stop it first, or give another --data.")

    def require_address(self, bind: str) -> None:
        try:
            address.require_free(bind)
        except (ValueError, address.AddressError) as error:
            self.refuse(f"--bind: {error}")

    def prepare(self, *, demo: bool) -> list[str] | None:
        """Make everything but the first admin; returns the simulator's command if there is to be one."""
        try:
            with preparation.one_at_a_time():
                if damaged := integrity.at_start(timezone.now()):
                    self.refuse(damaged)
                before_start.require_no_newer_schema()
                preparation.prepare()
            return demo_cluster() if demo else None
        except before_start.RefusedError as refusal:
            self.refuse(str(refusal))
        except OperationalError as error:
            self.refuse(f"The database does not answer as it should: {str(error).strip()}")
        except OSError as error:
            self.refuse(f"Cannot prepare: {error}")

    def configure(self, bind: str, data: Path, simulator: list[str] | None) -> None:
        """Write the broker's and supervisor's configurations."""
        try:
            own = None if settings.REDIS_URL else supervisor_conf.Program("broker", broker.prepare(data), "broker.log")
        except broker.BrokerError as error:
            self.refuse(str(error))
        others = supervisor_conf.programs(
            bind=bind, data=data, worker_threads=settings.WORKER_THREADS, simulator=simulator
        )
        output = supervisor_conf.terminal()
        text = supervisor_conf.render(broker=own, others=others, parent=os.getpid(), output=output)
        (data / CONFIGURATION).write_text(text)

    def first_admin(self) -> tuple[str, str | None] | None:
        """The last step that can fail: a password that was made up is shown right after, or never."""
        try:
            return preparation.make_first_admin()
        except ValidationError as error:
            self.refuse(f"DAYTWO_ADMIN_PASSWORD is too weak: {' '.join(error.messages)}")
        except ImproperlyConfigured as error:
            self.refuse(str(error))

    def announce(self, bind: str, made: tuple[str, str | None] | None) -> None:
        self.say(f"Starting, it will answer at {address.url(bind)}")
        if not address.is_loopback(bind) and all(address.is_loopback(f"{name}:1") for name in settings.ALLOWED_HOSTS):
            self.say("From other machines it answers only by the names in DAYTWO_ALLOWED_HOSTS, which is not set.")
        if made:
            self.say(preparation.told(made))


def demo_cluster() -> list[str]:
    """Make the demo cluster known and return the command that runs its simulator."""
    from dashboard import demo  # only the demo needs the simulator's code
    from dashboard.alerts.evaluate import evaluate
    from dashboard.incidents.follow import follow

    return demo.prepare(demo.Watching(follow=follow, judge=evaluate))


def supervise(data: Path, held: int) -> NoReturn:
    """Become supervisor, in the data folder: the process id, the lock and the environment stay."""
    os.chdir(data)
    supervisor_conf.append_to_output()
    lock.keep_through_exec(held)
    processes.become([sys.executable, "-m", "supervisor.supervisord", "-n", "-c", CONFIGURATION])
