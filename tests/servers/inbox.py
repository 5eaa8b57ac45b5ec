"""A receiver of webhooks on loopback, and the rule and channel that tell it of a lost agent at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tests.servers.processes import Processes

TELL_AT_ONCE = """
from django.contrib.auth.models import User
from django.utils import timezone
from dashboard.models import Rule
from dashboard.store import channels, rules
now = timezone.now()
channels.create(channels.Given(name="inbox", kind="webhook", target="{url}"), now)
ops = User.objects.create(username="ops")
rules.change(Rule.objects.get(key="R7"), dict(for_seconds=0, warning_on=True), ops, now)
"""
JUDGED = "SELECT COUNT(*) FROM dashboard_rule WHERE key = 'R7' AND subjects > 0"
JUDGED_SECONDS = 120.0


class Inbox:
    """What it was told, in order."""

    def __init__(self) -> None:
        told: list[dict[str, Any]] = []

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nothing on the test's output."""

        self.told = told
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


@contextmanager
def listening() -> Iterator[Inbox]:
    one = Inbox()
    thread = Thread(target=one.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield one
    finally:
        one.server.shutdown()
        one.server.server_close()
        thread.join()


def tell_at_once(processes: Processes, inbox: Inbox) -> None:
    """Have the inbox told of each agent that is lost. The rule is there when rules were first judged."""
    processes.wait_until(
        lambda: processes.database.ask(JUDGED) == [(1,)], seconds=JUDGED_SECONDS, what="rules that were judged"
    )
    processes.done("shell", "-c", TELL_AT_ONCE.format(url=inbox.url))
