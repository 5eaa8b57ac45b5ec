"""The clock as a process: `python -m dashboard.clock FILE`. FILE keeps when each turn last was.

It sends names. Neither a task nor a table nor a page is loaded to do so, and none of Celery's command line: a third of the
memory that `celery beat` takes.
"""

from __future__ import annotations

import os
import sys

from celery import Celery
from celery.apps.beat import Beat
from django.conf import settings

from dashboard.running import messages
from dashboard.schedule import BEAT_SCHEDULE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")


def application() -> Celery:
    """What knows the broker and the schedule, and no task. Without Celery's fixups, which set up all of Django."""
    app = Celery("daytwo", broker=settings.CELERY_BROKER_URL, fixups=[])
    app.conf.update(messages.SETTINGS, beat_schedule=BEAT_SCHEDULE)
    return app


if __name__ == "__main__":
    Beat(app=application(), schedule=sys.argv[1], loglevel="WARNING", quiet=True).run()
