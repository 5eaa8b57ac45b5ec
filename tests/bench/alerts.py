"""A storm: 10,000 alerts that begin at once, from the evaluation to the page. `python -m tests.bench.alerts NUMBER`.

Limits (house): an evaluation under 10 s, at most 50 notices, the page under 1 s. The last line is one JSON object.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from datetime import datetime, timedelta

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

django.setup()

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from dashboard.alerts.evaluate import evaluate
from dashboard.models import Channel, Notice
from tests import builders
from tests.alerts.judging import Watched

RULES = 10
UNITS = 40
"""Reasons by which the alerts of a rule are grouped, far more than are told one by one."""
STEPS = (("begin", 0.95), ("go on", 0.96), ("no data", None), ("end", 0.1))
BETWEEN = timedelta(minutes=4)
MOST_SECONDS, MOST_NOTICES, MOST_PAGE_SECONDS = 10.0, 50, 1.0


def main(number: int) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", verbosity=0)
    cluster = builders.cluster("storm")
    watched = Watched(cluster, *({"key": f"T{rule}", "sources": ()} for rule in range(RULES)), channel=False)
    Channel.objects.create(name="mail", kind=Channel.Kind.EMAIL, created_at=timezone.now())
    found: dict[str, float] = {}
    began = timezone.now() - len(STEPS) * BETWEEN
    for step, (name, value) in enumerate(STEPS):
        breach(watched, number, value)
        found |= judged(watched, name, began + step * BETWEEN)
        if step == 0:
            found["notices"] = Notice.objects.count()
            found["page_seconds"] = page_seconds()
    found["peak_mib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps(found))
    slowest = max(value for name, value in found.items() if name.endswith(" seconds"))
    if slowest > MOST_SECONDS or found["notices"] > MOST_NOTICES or found["page_seconds"] > MOST_PAGE_SECONDS:
        raise SystemExit("over a limit")


def breach(watched: Watched, number: int, value: float | None) -> None:
    for place in range(number):
        host = f"10.{place // 62500}.{place // 250 % 250}.{place % 250}"
        reason = f"unit {place // RULES % UNITS}" if place % RULES == 0 else ""
        watched.finds(value, f"{host}/{place}", key=f"T{place % RULES}", host=host, reason=reason)


def judged(watched: Watched, name: str, at: datetime) -> dict[str, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    with CaptureQueriesContext(connection) as taken:
        done = evaluate(watched.cluster.pk, at, rules=watched.rules)
    spent = {"seconds": round(time.perf_counter() - wall, 2), "cpu": round(time.process_time() - cpu, 2)}
    print(f"{name:<10}{spent['seconds']:>8} s{spent['cpu']:>8} s CPU{len(taken):>5} queries  {done}")
    return {f"{name} {unit}": value for unit, value in spent.items()}


def page_seconds() -> float:
    client = Client()
    client.force_login(User.objects.create_superuser("bench"))
    client.get("/c/storm/alerts/")  # templates and caches
    began = time.perf_counter()
    answer = client.get("/c/storm/alerts/")
    if answer.status_code != 200:
        raise SystemExit(f"the page answers {answer.status_code}")
    return round(time.perf_counter() - began, 3)


if __name__ == "__main__":
    main(int(sys.argv[1]))
