"""What judging the rules of applications costs with 1,000 apps, 6,000 tasks and a crash loop:

.venv/bin/python -m pytest -q -s tests/bench/rules_of_apps.py
"""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.alerts import catalogue
from dashboard.alerts.rules import RULES, apps, launching, marathons
from dashboard.incidents.follow import follow
from dashboard.models import App, Event, Task
from tests import builders
from tests.alerts.rules.judging import facts
from tests.applications import FRAMEWORK, make_app, make_failed_task, make_marathon, make_task, make_wait
from tests.builders import NOON, agent, later, summary

pytestmark = pytest.mark.django_db
APPS, TASKS_EACH, FAILED, WAITING, AGENTS = 1_000, 6, 2_000, 50, 300


def test_judging_and_following_a_thousand_apps() -> None:
    cluster = builders.cluster()
    builders.write(cluster, summary(NOON, *(agent(f"10.0.{n // 250}.{n % 250}") for n in range(AGENTS))))
    follow(cluster.pk, NOON)
    marathon = make_marathon(cluster, NOON)
    made = [make_app(marathon, f"/app-{n}", NOON, running=2 - (n % 50 == 0)) for n in range(APPS)]
    for number, app in enumerate(made):
        for each in range(TASKS_EACH):
            make_task(cluster, 10 * number + each, NOON, app=app)
    for number in range(FAILED):
        at = NOON - timedelta(seconds=number)
        make_failed_task(cluster, 100_000 + number, at, app=made[number % 20], first_status_at=at)
    for app in made[:WAITING]:
        make_wait(app, NOON)
    for rule in (
        rule for rule in RULES if rule.measure.__module__ in {m.__name__ for m in (apps, launching, marathons)}
    ):
        asked = facts(cluster)
        began = time.process_time()
        with CaptureQueriesContext(connection) as queries:
            found = list(rule.measure(asked, catalogue.row(rule)))
        print(
            f"{rule.key}: {1000 * (time.process_time() - began):.1f} ms, {len(queries)} queries, {len(found)} subjects"
        )
    for number in range(20):
        at = later(10 + number)
        Event.objects.create(
            **{"cluster": cluster, "kind": "task_failed", "subject": f"t{number}", "name": f"/app-{number}"},
            **{"before": FRAMEWORK, "after": "TASK_FAILED", "taken_at": at, "seen_at": at},
        )
    began = time.process_time()
    with CaptureQueriesContext(connection) as queries:
        changed = follow(cluster.pk, later(40))
    print(f"follow: {1000 * (time.process_time() - began):.1f} ms, {len(queries)} queries, {changed} incidents")
    assert (App.objects.count(), Task.objects.count()) == (APPS, APPS * TASKS_EACH + FAILED)
