"""What becomes of owed notices through an outage and under kills: `python -m tests.bench.notices [KILLS]`.

1,000 notices through an hour in which the receiver takes none, on a moved clock, at as many a minute as channels come with; then
senders that are real processes on a database on disk, killed at random moments. The last line is one JSON object.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
from django.core.management import call_command

django.setup()

from dashboard.models import Channel, Cluster
from tests import builders
from tests.faults import notices_outage, notices_senders

OWED = 1000
PER_MINUTE = Channel._meta.get_field("per_minute").default
KILLS = 100


def main(kills: int) -> None:
    call_command("migrate", verbosity=0)
    found: dict[str, object] = {}
    builders.cluster()
    figures = notices_outage.hour(OWED, per_minute=PER_MINUTE)
    found["outage"] = dataclasses.asdict(figures)
    print(f"one hour without a receiver, {PER_MINUTE} a minute:", figures)
    Cluster.objects.all().delete()
    Channel.objects.all().delete()
    died = notices_senders.killed(kills, owed=9 * kills, seed=kills)
    found["kills"] = dataclasses.asdict(died)
    print("killed senders:", died)
    print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else KILLS)
