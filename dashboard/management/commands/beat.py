"""`manage.py beat`: the clock that says what is due."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings

from dashboard.management.starting import Starting
from dashboard.running import processes


class Command(Starting):
    help = "Say what is due, by the clock. One is enough; a second one, on another machine, does nothing twice."
    examples = """\
  manage.py beat                        beside any number of workers
"""

    def command(self, **options: Any) -> list[str]:
        return processes.beat(Path(settings.DATA_DIR))
