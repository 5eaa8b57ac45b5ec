"""Server time of Explore: `python -m tests.bench.explore TIMES`.

An hour of 1,000 containers of ten frameworks, added up by framework, and the same as a rate; then the catalogue beside 20,000
containers. The whole request within the process, from the URL to the last byte of HTML.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
from django.core.management import call_command

django.setup()

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.utils import timezone
from django.utils.http import urlencode

from dashboard.models import Cluster
from dashboard.store.container_readings import Sample, write_many
from tests import builders
from tests.bench.pages import measured

HOSTS, EACH, FRAMEWORKS, MINUTES = 50, 20, 10, 90
MORE_HOSTS = 950
"""Machines with as many containers each, of which only the last minutes are known."""
FORMULAS = {
    "sum by framework": "sum by (framework) (cpus_used{kind=container})",
    "rate by framework": "sum by (framework) (rate(net_rx_bytes{kind=container}))",
    "p95 of a share": "p95 (mem_used_bytes / mem_limit_bytes {kind=container})",
    "every line": "cpus_used{kind=container}",
}
OTHERS = {"no formula": "explore/", "catalogue": "explore/metrics/", "search": "explore/metrics/?q=cpus"}


def main(times: int) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", verbosity=0)
    now = timezone.now()
    cluster = builders.cluster()
    client = Client()
    client.force_login(User.objects.create_superuser("bench"))
    fill(cluster, "10.0", HOSTS, MINUTES, now)
    told(client, cluster, f"{HOSTS * EACH} containers, {MINUTES} minutes", times, drawn(FORMULAS))
    fill(cluster, "10.1", MORE_HOSTS, 3, now)
    part = {
        f"{name}, 1,000 of them": q.replace("kind=container", "kind=container, host=10.0.*")
        for name, q in FORMULAS.items()
    }
    told(client, cluster, f"{(HOSTS + MORE_HOSTS) * EACH} containers", times, drawn(part))


@transaction.atomic
def fill(cluster: Cluster, net: str, hosts: int, minutes: int, now: datetime) -> None:
    """Readings of every minute, and the rows of the last."""
    began = time.monotonic()
    places = [f"{net}.{host // 250}.{host % 250}" for host in range(hosts)]
    for minute in range(minutes, 0, -1):
        at = now - timedelta(minutes=minute - 1)
        if minute == 1:
            for host in places:
                readings = (sample.reading for sample in samples([host], at))
                builders.write_containers(cluster, builders.agent_containers(host, *readings, at=at))
        else:
            write_many(cluster, [sample.stored for sample in samples(places, at)], seen_at=at)
    print(f"{hosts * EACH} containers written in {time.monotonic() - began:.1f} s")


class OneSample:
    def __init__(self, host: str, number: int, at: datetime) -> None:
        metrics = {"net_rx_bytes": 1e6 * at.timestamp(), "net_tx_bytes": 1e5 * at.timestamp(), "mem_rss_bytes": 1e8}
        framework = f"f{number % FRAMEWORKS}"
        self.reading = builders.container_reading(
            f"c{number}", at, framework_id=framework, framework_name=framework, metrics=metrics
        )
        self.stored: Sample = (int(at.timestamp()) // 60 * 60, host, self.reading, 0.5)


def samples(hosts: list[str], at: datetime) -> Iterator[OneSample]:
    for host in hosts:
        for number in range(EACH):
            yield OneSample(host, number, at)


def drawn(formulas: dict[str, str]) -> dict[str, str]:
    return {name: "explore/?" + urlencode({"q": q, "range": "1h"}) for name, q in formulas.items()}


def told(client: Client, cluster: Cluster, what: str, times: int, pages: dict[str, str]) -> None:
    print(what)
    for name, path in {**pages, **OTHERS}.items():
        print(f"  {name:<38}", json.dumps(measured(client, f"/c/{cluster.name}/{path}", times)))


if __name__ == "__main__":
    main(int(sys.argv[1]))
