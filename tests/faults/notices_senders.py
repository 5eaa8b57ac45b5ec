"""Senders that are processes, to be killed: `python -m tests.faults.notices_senders SPEED` forks them on command.

One line on its standard input, one on its standard output. The process sets Django up once, so that a sender is there in a
moment; its clock runs SPEED times as fast: at ten times the lease of a killed one is over in three seconds, at a tenth that
of a living one lasts five minutes.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from tests import patience
from tests.faults.nursery import Ask, nursery
from tests.servers import migrated

SPEED = 10
SPEED_OF_SEVERAL = 0.1
"""None of several senders may outlast its lease, however long the machine leaves it waiting in the midst of a try."""
LIFE_NOTICES = 6
"""The first sender is killed while its last of so many is answered, the others within as long as that took."""
ANSWER_SECONDS = 0.01
"""Between taking a notice and saying so: a sender killed meanwhile cannot know."""


@dataclass
class Ledger:
    """What a receiver took, kept outside of the database: keys in the order of their arrival."""

    keys: list[str] = field(default_factory=list)

    @contextmanager
    def listening(self) -> Iterator[str]:
        ledger = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                wanted = int(self.headers["Content-Length"])
                if len(self.rfile.read(wanted)) == wanted:
                    ledger.keys.append(self.headers["Idempotency-Key"])
                    time.sleep(ANSWER_SECONDS)
                    self.send_response(200)
                    self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:
                """Nothing: a killed caller is what this is about."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # the caller was killed
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        server.server_close()


@dataclass(frozen=True, kw_only=True)
class Figures:
    kills: int
    owed: int
    taken_under_kills: int
    """Arrivals before the last sender, which lived."""
    lost: int
    twice: int
    """Arrivals past the first of their key."""
    unknown: int
    """Arrivals whose key nobody owed."""
    out_of_order: int
    seconds: float


def killed(kills: int, *, owed: int, seed: int) -> Figures:
    """`owed` notices sent by senders of which so many are killed at random moments, the last one not."""
    chance, began, ledger = random.Random(seed), time.monotonic(), Ledger()
    with tempfile.TemporaryDirectory() as folder, ledger.listening() as url, _senders(folder, SPEED) as ask:
        ask(f"owe {owed} {url}")
        life_seconds = _measured(ask, ledger)
        for _ in range(kills - 1):
            sender = int(ask("fork"))
            time.sleep(chance.uniform(0.0, life_seconds))
            os.kill(sender, signal.SIGKILL)
        before = len(ledger.keys)
        threads = _to_the_end(ask, senders=1)
    return _figures(ledger, threads, kills=kills, before=before, seconds=time.monotonic() - began)


def _measured(ask: Ask, ledger: Ledger) -> float:
    """Seconds that a sender takes now for so many notices: machines differ, and what else they do."""
    began, sender = time.monotonic(), int(ask("fork"))
    patience.until(lambda: len(ledger.keys) >= LIFE_NOTICES, what=f"{LIFE_NOTICES} notices sent")
    os.kill(sender, signal.SIGKILL)
    return time.monotonic() - began


def together(senders: int, *, owed: int) -> Figures:
    """The same by several senders at once, of which none is killed before the end."""
    began, ledger = time.monotonic(), Ledger()
    with tempfile.TemporaryDirectory() as folder, ledger.listening() as url, _senders(folder, SPEED_OF_SEVERAL) as ask:
        ask(f"owe {owed} {url}")
        threads = _to_the_end(ask, senders=senders)
    return _figures(ledger, threads, kills=0, before=0, seconds=time.monotonic() - began)


def _to_the_end(ask: Callable[[str], str], *, senders: int) -> list[list[str]]:
    """Until nothing is owed; the keys of each thread in the order in which they were owed."""
    running = [int(ask("fork")) for _ in range(senders)]
    patience.until(lambda: not int(ask("owed")), what="nothing owed any more")
    for sender in running:
        os.kill(sender, signal.SIGKILL)
    threads: list[list[str]] = json.loads(ask("threads"))
    return threads


def _figures(ledger: Ledger, threads: list[list[str]], *, kills: int, before: int, seconds: float) -> Figures:
    counts, arrived = Counter(ledger.keys), {key: place for place, key in reversed(list(enumerate(ledger.keys)))}
    keys = {key for thread in threads for key in thread}
    places = [[arrived[key] for key in thread if key in arrived] for thread in threads]
    return Figures(
        kills=kills,
        owed=len(keys),
        taken_under_kills=before,
        lost=len(keys - set(counts)),
        twice=sum(count - 1 for count in counts.values()),
        unknown=len(set(counts) - keys),
        out_of_order=sum(place != sorted(place) for place in places),
        seconds=seconds,
    )


@contextmanager
def _senders(folder: str, speed: float) -> Iterator[Ask]:
    with migrated.own(Path(folder)) as database:
        settings = {
            "DAYTWO_DATA_DIR": folder,
            "DAYTWO_DATABASE_URL": database.url,
            "DAYTWO_ALLOW_LOOPBACK": "true",
        }
        with nursery("tests.faults.notices_senders", str(speed), **settings) as ask:
            yield ask


def _serve(speed: float) -> None:
    """Commands until standard input ends: owe, fork, owed, threads."""
    import django
    from django.db import connections

    django.setup()
    import_module("dashboard.alerts.deliver")  # before the fork: a sender is to be killed at work, not while it imports
    began = time.time()

    def clock() -> datetime:
        return datetime.fromtimestamp(began + (time.time() - began) * speed, UTC)

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        name, *arguments = line.split()
        connections.close_all()
        if name == "fork":
            print(_forked(clock), flush=True)
        else:
            print(_COMMANDS[name](clock, *arguments), flush=True)


def _forked(clock: Callable[[], datetime]) -> int:
    """The process id of a new sender."""
    pid = os.fork()
    if not pid:
        _send(clock)
    return pid


def _send(clock: Callable[[], datetime]) -> NoReturn:
    from dashboard.alerts import deliver

    while True:
        if not deliver.send_due(clock):
            time.sleep(0.02)


def _owe(clock: Callable[[], datetime], number: str, url: str) -> str:
    """Three notices a group: a problem, more of it, its end."""
    from dashboard.models import Notice
    from tests import notices_owed

    notices_owed.channel(target=url, per_minute=6000)
    for place in range(int(number) // 3):
        group = notices_owed.group(reason=f"reason {place}")
        for kind in (Notice.Kind.PROBLEM, Notice.Kind.MORE, Notice.Kind.RECOVERY):
            notices_owed.owe(group, kind, clock())
    return "owed"


def _owed(clock: Callable[[], datetime]) -> int:
    from dashboard.store import outbox

    return outbox.owed().count()


def _threads(clock: Callable[[], datetime]) -> str:
    from dashboard.models import Notice

    threads: dict[str, list[str]] = {}
    for thread, key in Notice.objects.order_by("pk").values_list("thread", "key"):
        threads.setdefault(thread, []).append(key)
    return json.dumps(list(threads.values()))


_COMMANDS: dict[str, Callable[..., object]] = {"owe": _owe, "owed": _owed, "threads": _threads}

if __name__ == "__main__":
    _serve(float(sys.argv[1]))
