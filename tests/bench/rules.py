"""What judging all rules costs at 1,000 nodes: `python -m tests.bench.rules TIMES [all]`; `all` switches on those that come off.

CPU of one evaluation from the rows to the committed transaction, and that of each rule's own measuring, in the order of the
catalogue: what several rules load together is on the first of them.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from datetime import datetime, timedelta

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

django.setup()

from django.utils import timezone

from dashboard.alerts.catalogue import row
from dashboard.alerts.evaluate import evaluate
from dashboard.alerts.facts import Facts
from dashboard.alerts.rules import BY_KEY, RULES
from dashboard.models import Alert, Cluster, Rule
from dashboard.queries import freshness
from dashboard.queries.master_lives import NAMES
from dashboard.store import readings, summary
from tests import builders

NODES, MASTERS, FILESYSTEMS, CONTAINERS, UNITS = 1000, 5, 5, 20, 30
WHOLE_MINUTES = 62
"""Of machines and agents: what the longest window of a rule that comes on looks at."""
CONTAINER_MINUTES = 3
TREND_DAYS = 14
SHOWN = 12
SAID = dict.fromkeys(NAMES, 1.0)


def main(times: int, *, every: bool) -> None:
    call_command("migrate", verbosity=0)
    began, now = time.monotonic(), timezone.now().replace(second=50, microsecond=0)
    cluster = filled(now)
    print(f"{NODES} nodes for {WHOLE_MINUTES} min written in {time.monotonic() - began:.0f} s")
    evaluate(cluster.pk, now)
    if every:
        Rule.objects.filter(warning__isnull=False).update(warning_on=True, changed_by="bench")
        Rule.objects.filter(critical__isnull=False).update(critical_on=True, changed_by="bench")
    with CaptureQueriesContext(connection) as queries:
        done = evaluate(cluster.pk, now + timedelta(seconds=1))
    spent = [cpu_ms(cluster, now + timedelta(seconds=2 + turn)) for turn in range(times)]
    found = {
        "rules": done.rules_judged,
        "unknown": done.rules_unknown,
        "broken": done.rules_broken,
        "open": Alert.objects.filter(ended_at=None).count(),
        "queries": len(queries),
        "cpu_ms_median": round(statistics.median(spent)),
        "cpu_ms_worst": round(max(spent)),
    }
    print(json.dumps(found))
    for key, spent_ms, asked in sorted(by_rule(cluster, now), key=lambda one: -one[1])[:SHOWN]:
        print(f"{key:<6}{spent_ms:>8.1f} ms{asked:>4} queries  {BY_KEY[key].name}")


def cpu_ms(cluster: Cluster, at: datetime) -> float:
    began = time.process_time()
    evaluate(cluster.pk, at)
    return 1000 * (time.process_time() - began)


def by_rule(cluster: Cluster, now: datetime) -> list[tuple[str, float, int]]:
    """Each rule that is on: CPU and queries of measuring it after those before it."""
    fresh = Cluster.objects.get(pk=cluster.pk)
    facts = Facts(cluster=fresh, now=now, sources=freshness.of(fresh, now))
    on = set(Rule.objects.exclude(warning_on=False, critical_on=False).values_list("key", flat=True))
    found = []
    for rule in RULES:
        if rule.key not in on:
            continue
        began = time.process_time()
        with CaptureQueriesContext(connection) as queries:
            list(rule.measure(facts, row(rule)))
        found.append((rule.key, 1000 * (time.process_time() - began), len(queries)))
    return found


def filled(now: datetime) -> Cluster:
    """As polls would have left it: an hour of machines, agents and masters, a fortnight of totals, the present of the rest."""
    hosts = [f"10.0.{number // 250}.{number % 250 + 1}" for number in range(NODES)]
    cluster = builders.cluster("big")
    for minutes in range(WHOLE_MINUTES, -1, -1):
        with transaction.atomic():
            of_minute(cluster, hosts, now - timedelta(minutes=minutes), minutes)
    units = [builders.unit(f"dcos-unit{number}.service") for number in range(UNITS)]
    builders.write(cluster, builders.report(now, *(builders.node_health(host, *units) for host in hosts)))
    trend(cluster, now)
    return cluster


def of_minute(cluster: Cluster, hosts: list[str], at: datetime, minutes: int) -> None:
    for seconds in range(0, 60, 10):
        moment = at - timedelta(seconds=50 - seconds)
        masters = [
            builders.master(f"10.1.0.{number}", moment, elected=number == 1, metrics=SAID)
            for number in range(1, MASTERS + 1)
        ]
        builders.write_masters(cluster, *masters, now=moment)
    if minutes % 10 == 0:
        listed = [builders.agent(host, zone=f"zone-{number % 3}") for number, host in enumerate(hosts)]
        builders.write(cluster, builders.summary(at, *listed))
    disks = tuple(builders.filesystem(f"/disk{number}", 10 * number + 30, 60) for number in range(FILESYSTEMS))
    builders.write_use(cluster, *(builders.host_metrics(host, at, filesystems=disks) for host in hosts), now=at)
    builders.write_agents(cluster, *(builders.agent_snapshot(host, at) for host in hosts), now=at)
    if minutes < CONTAINER_MINUTES:
        held = [builders.container_reading(f"c{number}", at) for number in range(CONTAINERS)]
        builders.write_containers(cluster, *(builders.agent_containers(host, *held, at=at) for host in hosts), now=at)


def trend(cluster: Cluster, now: datetime) -> None:
    """A fortnight of the cluster's totals: one in five minutes, growing."""
    subject = readings.subjects(cluster, {("cluster", ""): "big"}, seen_at=now)["cluster", ""]
    last = int(now.timestamp()) // 300 * 300 - 3600
    rows = []
    for place in range(TREND_DAYS * 288):
        share = 0.5 - 0.00001 * place
        values = dict.fromkeys(summary.READING_LAYOUT, 0.0)
        values |= {"cpus_total": 4000.0, "cpus_allocated": 4000 * share, "agents_active": float(NODES)}
        rows.append((last - 300 * place, subject, list(values.values())))
    readings.write_many(summary.READING_LAYOUT, rows)


if __name__ == "__main__":
    main(int(sys.argv[1]), every="all" in sys.argv[2:])
