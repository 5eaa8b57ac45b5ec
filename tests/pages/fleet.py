"""A cluster of agents for the pages of the nodes, and what their list shows."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.test import Client
from django.utils import timezone

from dashboard.models import Cluster
from tests import builders
from tests.builders import agent, host_metrics, master, summary, write, write_masters, write_use

PAGE = "/c/prod/nodes/"
QUERIES = 14
"""Session, user, role, cluster, seven of the nodes, their changes, clusters of the switcher, age in the bar."""


def ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)


def fleet(agents: int = 3, *, seconds_ago: float = 2, measured: int | None = None) -> Cluster:
    """Agents 10.0.0.1 and on, the first of them public; the first `measured` of them (all) tell their use."""
    cluster, at = builders.cluster(), ago(seconds_ago)
    hosts = [f"10.0.{number // 250}.{number % 250 + 1}" for number in range(agents)]
    write_masters(cluster, master(at=at), now=at)
    write(cluster, summary(at, *(agent(host, public=host == "10.0.0.1") for host in hosts)))
    told = hosts if measured is None else hosts[:measured]
    if told:
        write_use(cluster, *(host_metrics(host, at) for host in told), now=at)
    return cluster


def shown(client: Client, **query: str) -> list[str]:
    """The hosts of the table, from top to bottom."""
    page = client.get(PAGE, query).content.decode()
    return re.findall(r'<th scope="row"><a href="/c/prod/nodes/([^/]+)/">', page)
