from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from collectors.records import ContainerReading
from collectors.sources.containers_in_turn import DCOS_METRICS
from dashboard.models import Cluster
from tests import builders
from tests.builders import (
    GIB,
    MIB,
    agent_containers,
    container_reading,
    flags,
    write,
    write_containers,
)
from tests.pages.conftest import words

pytestmark = pytest.mark.django_db
HOST = "10.0.0.1"
PAGE = f"/c/prod/nodes/{HOST}/containers/c1/"
QUERIES = 18
"""Session, user, role, cluster, seven of the container, two of its history, two of its application, clusters of
the switcher, age in the bar."""
EVIL = "<script>alert(1)</script>\u202e"
TRAFFIC = {"net_rx_bytes": 1500.0, "net_tx_bytes": 600.0, "blkio_read_bytes": 3000.0, "blkio_write_bytes": 6000.0}
"""Per second."""


def ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)


def sample(
    at: datetime, container_id: str = "c1", *, per_second: dict[str, float] | None = None, **said: Any
) -> ContainerReading:
    elapsed = (at - builders.NOON).total_seconds() + 1e8
    metrics = {name: elapsed * rate for name, rate in (per_second or {}).items()} | said.pop("metrics", {})
    return container_reading(container_id, at, metrics=metrics, **said)


def told(
    *minutes_ago: float, cluster: Cluster | None = None, partial: str = "", route: str = "operator-api", **said: Any
) -> Cluster:
    """A container read at each of these times, the last a moment ago."""
    cluster = cluster or Cluster.objects.first() or builders.cluster()
    for minutes in (*minutes_ago, 0.05):
        at = ago(60 * minutes)
        write_containers(
            cluster, agent_containers(HOST, sample(at, **said), at=at, partial=partial, route=route), now=at
        )
    return cluster


def shown(client: Client, path: str = PAGE, **query: str) -> str:
    return words(client.get(path, query)).replace("\u00a0", " ")


def test_what_it_uses_of_what_it_may(viewer: Client) -> None:
    told(2, 1, per_second=TRAFFIC, metrics={"mem_cache_bytes": 20.0 * MIB, "processes": 3.0, "threads": 12.0})
    said = shown(viewer)
    assert said.startswith(f"Nodes {HOST} Containers task-of-c1 (Running) task-of-c1 Container of")
    assert "CPU 25 % 0.5 cores 2 cores" in said
    assert "Held back n/a 10 % n/a of the scheduling periods it ran in" in said
    assert "Memory 9.8 % 100 MiB 1 GiB 20 MiB of file cache beside it" in said
    assert "Disk 1.0 % 10 MiB 1 GiB sandbox and volumes" in said
    assert "Network n/a 1.46 KiB/s in n/a 600 B/s out" in said
    assert "Disk I/O n/a 2.93 KiB/s read n/a 5.86 KiB/s written" in said
    assert "Processes n/a 3 n/a 12 threads" in said


def test_identity_names_task_executor_framework_and_way(viewer: Client) -> None:
    told(1)
    said = shown(viewer).partition("Identity")[2].partition("Measured")[0]
    for fact in (
        "Task task-of-c1",
        "Executor executor-of-c1",
        "Container id c1",
        "Read by the agent’s operator API, GET_CONTAINERS",
        f"Agent {HOST}",
    ):
        assert fact in said


def test_each_chart_says_its_answer_and_has_its_numbers_in_a_table(viewer: Client) -> None:
    told(3, 2, 1, per_second=TRAFFIC)
    page = viewer.get(PAGE, {"range": "1h"}).content.decode().replace("\u00a0", " ")
    for name in ("cpu", "throttling", "memory", "traffic", "disk"):
        assert f'id="{name}" data-chart' in page and f'id="{name}-table"' in page
    for title in (
        "CPU: 0.5 of 2 cores",
        "Held back in 10 % of periods, 10 % at most",
        "Memory: 100 MiB of 1 GiB in use",
        "Network: 1.46 KiB/s in, 600 B/s out",
        "Disk: 2.93 KiB/s read, 5.86 KiB/s written",
    ):
        assert f"<h3>{title}" in page
    assert page.count("history.csv?range=1h") == 5
    assert '<td class="num">0.50</td>' in page.partition('id="cpu-table"')[2]


def test_dcos_metrics_tells_no_sent_bytes_and_the_chart_says_so(viewer: Client) -> None:
    told(2, 1, route="dcos-metrics", partial=DCOS_METRICS, per_second={"net_rx_bytes": 1500.0})
    said = shown(viewer, range="1h")
    assert "Network: 1.46 KiB/s in, sent not known" in said
    assert "dcos-metrics repeats it as what was sent, so what was sent is not known" in said
    assert f"Not told that way {DCOS_METRICS}" in said
    assert "Disk I/O 0, or not measured: the metrics service does not tell the two apart" in said


def test_a_reset_is_a_gap_in_the_chart(viewer: Client) -> None:
    cluster = builders.cluster()
    for minutes, seconds in ((5, 100.0), (4, 130.0), (3, 160.0), (2, 6.0), (1, 36.0)):
        at = ago(60 * minutes)
        counters = {"cpus_user_time_secs": seconds, "cpus_system_time_secs": 0.0}
        write_containers(cluster, agent_containers(HOST, sample(at, metrics=counters), at=at), now=at)
    answer = viewer.get(f"{PAGE}history.csv", {"range": "1h"})
    assert isinstance(answer, StreamingHttpResponse)
    header, *rows = csv.reader(io.StringIO(b"".join(answer).decode()))
    used = [row[header.index("cpus_used")] for row in rows if row[header.index("mem_used_bytes")]]
    assert [round(float(value), 2) if value else None for value in used] == [None, 0.5, 0.5, None, 0.5]


def test_the_history_as_csv_has_every_line_of_the_charts(viewer: Client) -> None:
    told(3, 2, 1, per_second=TRAFFIC)
    answer = viewer.get(f"{PAGE}history.csv", {"range": "1h"})
    assert isinstance(answer, StreamingHttpResponse)
    header, *rows = csv.reader(io.StringIO(b"".join(answer).decode()))
    last = next(dict(zip(header, row, strict=True)) for row in reversed(rows) if row[1])
    # Ages are kept to the millisecond, and a rate runs over the time between two samples.
    assert float(last["cpus_used"]) == pytest.approx(0.5, rel=2e-5)
    assert float(last["in_bytes_per_second"]) == pytest.approx(1500, rel=2e-5)
    assert float(last["throttled_ratio"]) == pytest.approx(0.1)
    assert (float(last["mem_limit_bytes"]), last["cpus_requested"]) == (GIB, "")


def test_a_first_sample_is_learning_and_says_what_follows(viewer: Client) -> None:
    told()
    said = shown(viewer)
    assert "Learning — a rate needs two samples, so CPU" in said
    assert "CPU — — 2 cores" in said and "Memory 9.8 % 100 MiB 1 GiB" in said


def test_old_figures_are_shown_as_old_with_the_reason(viewer: Client) -> None:
    cluster = builders.cluster()
    for seconds in (1260, 1200):
        write_containers(cluster, agent_containers(HOST, sample(ago(seconds)), at=ago(seconds)), now=ago(seconds))
    write_containers(cluster, agent_containers("10.0.0.2", at=ago(5)), silent=(HOST,), now=ago(5))
    said = shown(viewer)
    assert "No data — last read at" in said and "Last measured" in said
    assert "and not the present: connection refused" in said
    assert 'class="data lv stale"' in viewer.get(PAGE).content.decode()


def test_an_ended_container_keeps_its_last_figures_and_says_when_it_ended(viewer: Client) -> None:
    cluster = told(3, 2)
    write_containers(cluster, agent_containers(HOST, at=ago(1)), now=ago(1))
    said = shown(viewer)
    assert "Ended — since" in said and "These are its last figures" in said
    assert "Last measured" in said and "Stale" not in said


def test_near_its_limit_and_held_back_are_said_first(viewer: Client) -> None:
    told(2, 1, metrics={"mem_rss_bytes": 0.95 * GIB})
    assert "Near its limit — 973 MiB of 1 GiB of memory, 95 %, without file cache" in shown(viewer)
    Cluster.objects.all().delete()
    told(2, 1, per_second={"cpus_nr_periods": 10.0, "cpus_nr_throttled": 4.0})
    assert "Held back — by its CPU limit in 40 % of the periods it ran in" in shown(viewer)


def test_what_the_agents_isolation_does_not_measure_is_said_with_the_reason(viewer: Client) -> None:
    metrics = {"cpus_nr_periods": None, "cpus_nr_throttled": None, "cpus_limit": None, "cpus_soft_limit": 0.5}
    cluster = told(2, 1, metrics={**metrics, "disk_used_bytes": None, "disk_limit_bytes": None})
    write(cluster, flags(HOST, ago(60), flags={"isolation": "posix/cpu,posix/mem"}))
    said = shown(viewer)
    assert "Held back CPU is not limited here: the agent’s isolation has no cgroups/cpu" in said
    assert "Disk The agent’s isolation has neither disk/du nor disk/xfs" in said
    assert "Disk I/O The agent’s isolation has no cgroups/blkio" in said
    assert "no limit told 0.5 cores requested" in said


def test_where_the_flags_are_not_known_the_rule_is_said(viewer: Client) -> None:
    told(1)
    assert "Disk I/O Counted only by cgroups/blkio" in shown(viewer)


def test_a_pod_shows_what_is_nested_and_the_nested_one_its_root(viewer: Client) -> None:
    cluster = builders.cluster()
    for seconds in (61, 1):
        at = ago(seconds)
        nested = sample(at, "n1", parent_id="c1", task_name="")
        write_containers(cluster, agent_containers(HOST, sample(at), nested, at=at), now=at)
    assert "Nested containers 1 inside; what they use is part of what this one uses" in shown(viewer)
    inside = viewer.get(f"/c/prod/nodes/{HOST}/containers/n1/").content.decode()
    assert "Nested container of" in inside and f'<dt>Nested in</dt><dd><a href="{PAGE}">task-of-c1</a>' in inside


def test_a_nested_one_that_is_measured_with_its_root_alone_says_so(viewer: Client) -> None:
    cluster, at = builders.cluster(), ago(1)
    nothing = dict.fromkeys(("cpus_user_time_secs", "cpus_system_time_secs", "mem_rss_bytes", "disk_used_bytes"))
    nested = sample(at, "n1", parent_id="c1", metrics=nothing)
    write_containers(cluster, agent_containers(HOST, sample(at), nested, at=at), now=at)
    said = shown(viewer, f"/c/prod/nodes/{HOST}/containers/n1/")
    assert "Running — first seen" in said and "Learning" not in said
    assert "CPU Its agent measures it only together with the container it is nested in" in said


def test_every_number_stands_by_the_name_of_mesos_and_where_it_comes_from(viewer: Client) -> None:
    told(2, 1)
    said = shown(viewer)
    assert "mem_limit_bytes 1,073,741,824 bytes The most it may use before it is killed" in said
    assert "cpus_nr_throttled" in said and "periods, counter" in said
    assert "Where these figures come from" in said
    assert "POST /agent/<id>/api/v1 GET_CONTAINERS" in said
    assert "get_containers. containers[]. resource_statistics. mem_rss_bytes" in said


def test_text_of_the_cluster_is_read_and_never_run(viewer: Client) -> None:
    evil: dict[str, Any] = {
        "task_name": EVIL,
        "executor_id": EVIL,
        "executor_name": "<b>x",
        "framework_id": "<i>f",
        "framework_name": EVIL,
    }
    told(1, **evil)
    page = viewer.get(PAGE).content.decode()
    assert "<script>alert" not in page and "<b>x" not in page and "<i>f" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;U+202E&gt;" in page


@pytest.mark.parametrize("container_id", ["a b?c#d%2e&e", "<script>alert(1)", "ä\u202e", "x" * 255])
def test_strange_ids_have_a_page_of_their_own(viewer: Client, container_id: str) -> None:
    cluster = builders.cluster()
    at = ago(1)
    write_containers(cluster, agent_containers(HOST, sample(at, container_id, task_name=""), at=at), now=at)
    listed = viewer.get(f"/c/prod/nodes/{HOST}/containers/").content.decode()
    href = listed.partition("<tbody>")[2].partition('<a href="')[2].partition('"')[0]
    page = viewer.get(unescape(href))
    assert page.status_code == 200 and "<script>alert" not in page.content.decode()
    assert "100 MiB" in words(page).replace("\u00a0", " ")


@pytest.mark.parametrize("container_id", ["c9", "..", "%2e%2e", "x" * 256, "a%00b", "a%0ab", "a%5cb"])
def test_what_no_container_is_called_is_a_404(viewer: Client, container_id: str) -> None:
    told(1)
    assert viewer.get(f"/c/prod/nodes/{HOST}/containers/{container_id}/").status_code == 404
    assert viewer.get(f"/c/prod/nodes/{HOST}/containers/{container_id}/history.csv").status_code == 404


def test_the_same_id_on_another_host_is_another_container(viewer: Client) -> None:
    told(1)
    assert viewer.get("/c/prod/nodes/10.0.0.2/containers/c1/").status_code == 404
    assert viewer.get("/c/other/nodes/10.0.0.1/containers/c1/").status_code == 404


def test_the_price(viewer: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = told(2)
    at = ago(1)
    nested = [sample(at, f"n{number}", parent_id="c1") for number in range(40)]
    write_containers(cluster, agent_containers(HOST, sample(at), *nested, at=at), now=at)
    with django_assert_num_queries(QUERIES):
        viewer.get(PAGE, {"range": "1h"})
