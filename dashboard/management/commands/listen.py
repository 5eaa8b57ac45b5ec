"""`manage.py listen`: one process that reads the clusters' event streams."""

from __future__ import annotations

from typing import Any

from dashboard.management.starting import Starting
from dashboard.running import processes


class Command(Starting):
    help = (
        "Read the clusters' event streams, so that what changes is seen at once. Polls see the same without it, later."
    )
    examples = """\
  manage.py listen                      one is enough; of several each stream has one reader
"""

    def command(self, **options: Any) -> list[str]:
        return processes.listener()
