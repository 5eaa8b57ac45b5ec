"""The listener as a process: `python -m dashboard.listener`. It reads the clusters' event streams and writes what they tell.

It sends names of tasks, as the clock does: neither a task nor a page is loaded for that.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import django
import structlog
from celery import Celery
from django.conf import settings
from django.db import connections
from django.utils import timezone
from kombu.exceptions import KombuError, OperationalError

from dashboard.running import messages

if TYPE_CHECKING:
    from dashboard.listening.wishes import Send

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

log = structlog.get_logger("daytwo.listening")


def sender() -> Send:
    """What tells the workers of a poll, or of events to follow; where no broker takes it the clock does so a moment later."""
    app = Celery("daytwo", broker=settings.CELERY_BROKER_URL, fixups=[])
    app.conf.update(messages.SETTINGS)

    def send(task: str, key: int, within_seconds: float) -> bool:
        try:
            app.send_task(task, (key,), expires=within_seconds, retry=False)
        except (KombuError, OperationalError, OSError) as error:
            log.warning("no broker took a message", task=task, reason=str(error))
            return False
        return True

    return send


def run() -> int:
    """Listen until a signal says stop; returns the exit code."""
    django.setup()
    from dashboard.listening.listener import Listener  # models can be imported only now

    listener = Listener(clock=timezone.now, send=sender())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: listener.stop())
    listener.run()
    connections.close_all()
    return 0


if __name__ == "__main__":
    sys.exit(run())
