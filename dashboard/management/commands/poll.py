"""manage.py poll: ask a cluster now."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from collectors.errors import ANSWERED
from collectors.sources import SOURCES, SOURCES_BY_NAME
from dashboard import polling
from dashboard.management.prepared import require_database
from dashboard.models import Cluster, Poll
from dashboard.queries import reasons


class Command(BaseCommand):
    help = "Poll a cluster once, now, and store what it says. Exit code 1 when a source did not answer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the cluster's name")
        parser.add_argument("--source", choices=list(SOURCES_BY_NAME), help="one source; all of them where left out")
        parser.add_argument("--json", action="store_true", help="one poll a line, as JSON")

    def handle(self, *args: object, **given: Any) -> None:
        require_database()
        cluster = Cluster.objects.filter(name=given["name"]).first()
        if cluster is None:
            known = ", ".join(Cluster.objects.values_list("name", flat=True)) or "none is connected yet"
            raise CommandError(f"No cluster is called {given['name']}: {known}.", returncode=1)
        wanted = [given["source"]] if given["source"] else [s.name for s in SOURCES if cluster.kind in s.kinds]
        polls = [poll for source in wanted for poll in polling.poll_all_now(cluster, source, clock=timezone.now)]
        for poll in polls:
            self.stdout.write(_json(poll) if given["json"] else _line(poll))
        if any(poll.outcome not in ANSWERED for poll in polls):
            sys.exit(1)


def _line(poll: Poll) -> str:
    words = reasons.reason(poll.outcome, poll.detail)
    return f"{poll.source}: {words}; {poll.kept} kept, {poll.requests} requests, {poll.bytes_read} bytes"


def _json(poll: Poll) -> str:
    said = {name: getattr(poll, name) for name in ("source", "outcome", "detail", "kept", "requests", "bytes_read")}
    return json.dumps(
        {**said, "due_at": poll.due_at.isoformat(), "ended_at": poll.ended_at and poll.ended_at.isoformat()}
    )
