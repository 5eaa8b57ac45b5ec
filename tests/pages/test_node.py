from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from collectors.records import ClusterRegistry, MachineMode, Mode
from dashboard.models import Cluster, Incident
from tests import builders
from tests.builders import (
    agent,
    filesystem,
    host_metrics,
    interface,
    master,
    node_health,
    report,
    summary,
    unit,
    write,
    write_machines,
    write_masters,
)
from tests.pages.conftest import words
from tests.pages.failing import alert, failed

pytestmark = pytest.mark.django_db
HOST = "10.0.0.1"
PAGE = f"/c/prod/nodes/{HOST}/"
QUERIES = 33
"""Session, user, role, cluster, eleven of the node, six of its history, one of its states, one of what the command line
prints, three of its tasks, four of its agent, two of what is wrong of it, switcher, age in the bar."""
IDS = ("cpu", "load", "memory", "fullest", "traffic", "trouble", "processes")


def told(*minutes_ago: float, **said: object) -> Cluster:
    """A node read at each of these times, the last a moment ago."""
    cluster, now = Cluster.objects.first() or builders.cluster(), timezone.now()
    for minutes in (*minutes_ago, 0.05):
        at = now - timedelta(minutes=minutes)
        # Agents' allocation is kept once a minute, at its beginning.
        listed = summary(at, agent(HOST, attributes={"rack": "b4"}), agent("10.0.0.2"))
        write(cluster, listed, now=at.replace(second=0, microsecond=0))
        traffic = interface("eth0", 1e9 - 1e6 * minutes, 1e9)
        write_machines(cluster, host_metrics(HOST, at, interfaces=(traffic,), **said), now=at)
    return cluster


def ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)


def shown(client: Client, **query: str) -> str:
    return words(client.get(PAGE, query)).replace("\u00a0", " ")


def test_what_it_is_and_how_it_is(viewer: Client) -> None:
    told()
    said = shown(viewer)
    assert said.startswith(
        f"Nodes {HOST} (Active) {HOST} Private agent · eu · eu-a · 4 cores, 8 GiB of memory Active — since"
    )
    assert "CPU 25 % 25 % 1 of 4 cores 1 of 4 cores" in said
    assert "Memory 25 % 25 % 2 GiB of 8 GiB 2 GiB of 8 GiB" in said
    assert "Disk / 10 % 33 % 10 GiB of 100 GiB 30 GiB of 100 GiB" in said
    assert f"Agent id id-of-{HOST}" in said and "Attributes rack:b4" in said and "Load per core 0.38" in said


def test_each_chart_says_its_answer_and_has_its_numbers_in_a_table(viewer: Client) -> None:
    told(3, 2, 1)
    page = viewer.get(PAGE, {"range": "1h"}).content.decode().replace("\u00a0", " ")
    assert [page.count(f'id="{name}" data-chart') for name in IDS] == [1] * 7
    for title in ("CPU is 25 % busy, 25 % allocated", "Load is 0.38 per core", "/ is 33 % full", "Network: "):
        assert f"<h3>{title}" in page
    assert page.count("history.csv?range=1h") == 7
    assert '<td class="num">25</td>' in page.partition('id="cpu-table"')[2]


def test_the_range_is_in_the_address_and_one_nobody_offers_is_the_usual(viewer: Client) -> None:
    told()
    assert "Measured last 3 h" in shown(viewer, range="3h")
    assert "Measured last 24 h" in shown(viewer, range="1' OR 1=1")
    assert "Measured last 48 h, as the machine measures itself; a point is the mean of" in shown(viewer, range="48h")


def test_filesystems_stand_fullest_first_and_the_nearly_full_are_marked(viewer: Client) -> None:
    told(filesystems=(filesystem("/", 30, 60), filesystem("/var", 95, 5)))
    page = viewer.get(PAGE).content.decode()
    assert "Nearly full — /var is 95 % full" in shown(viewer)
    assert page.index('class="m">/var<') < page.index('class="m">/<')
    assert '<tr class="r-warn"><th scope="row" class="m">/var</th>' in page


def test_interfaces_show_rates_and_a_first_answer_has_none(viewer: Client) -> None:
    told()
    assert "eth0 — — 0 · 0" in shown(viewer)
    Cluster.objects.all().delete()
    told(1)
    assert "eth0 16.3 KiB/s 0 B/s 0 · 0" in shown(viewer)


def test_units_and_changes_of_this_node(viewer: Client) -> None:
    cluster = told()
    write(cluster, report(ago(60), node_health(HOST, unit("dcos-net.service"), unit("dcos-log.service"))))
    write(cluster, report(ago(2), node_health(HOST, unit("dcos-net.service", 1), unit("dcos-log.service"))))
    page = viewer.get(PAGE)
    said = words(page).replace("\u00a0", " ")
    assert "Unhealthy — net.service unhealthy for 2 s" in said
    assert "Units here 1 of 2 healthy; worst first" in said and "For net.service Unhealthy" in said
    assert "net.service unhealthy on 10.0.0.1" in said.partition("What changed here")[2]
    assert f'href="/c/prod/components/dcos-net.service/nodes/{HOST}/"' in page.content.decode()


def test_a_silent_agent_says_what_is_at_risk(viewer: Client) -> None:
    cluster = told()
    write(cluster, summary(ago(1), agent(HOST, active=False), agent("10.0.0.2")))
    said = shown(viewer)
    assert "Silent — since" in said and "3 tasks at risk" in said
    assert "At risk 3 tasks may be gone or cut off, with 1 core, 2 GiB of memory, 10 GiB of disk allocated" in said
    assert f"{HOST} lost its connection to Mesos" in said


def test_use_that_is_too_old_is_not_shown_as_the_present(viewer: Client) -> None:
    cluster = builders.cluster()
    write_machines(cluster, host_metrics(HOST, ago(900)), now=ago(900))
    write(cluster, summary(ago(1), agent(HOST)))
    said = shown(viewer)
    assert "Not measured What this machine uses was last measured at" in said
    assert "CPU 25 % — 1 of 4 cores —" in said


def test_plain_mesos_shows_allocation_and_says_why_use_is_missing(viewer: Client) -> None:
    cluster = builders.cluster(kind="mesos")
    for seconds in (20, 10, 1):
        write(cluster, summary(ago(seconds), agent(HOST)))
    said = shown(viewer, range="1h")
    assert "What this machine uses is not known. Plain Mesos has no metrics of machines" in said
    assert "Component health comes from dcos-diagnostics, which plain Mesos does not have." in said
    assert "Filesystems" not in said


def test_a_masters_machine_has_a_page_without_allocation(viewer: Client) -> None:
    cluster, at = builders.cluster(), ago(2)
    write_masters(cluster, master("10.0.0.101", at), now=at)
    write_machines(cluster, host_metrics("10.0.0.101", at, role="master"), now=at)
    page = viewer.get("/c/prod/nodes/10.0.0.101/")
    said = words(page).replace("\u00a0", " ")
    assert "Master · 4 cores, 8 GiB of memory All masters Leading — process up 1 h" in said
    assert "CPU — 25 % n/a 1 of 4 cores" in said


def test_text_of_the_cluster_is_read_and_never_run(viewer: Client) -> None:
    evil = "/<script>alert(1)</script>\u202e"
    cluster, at = builders.cluster(), ago(1)
    write(cluster, summary(at, agent(HOST, attributes={"<i>": "\x1b[2J"})))
    named = interface("<b>eth0</b>")
    write_machines(
        cluster, host_metrics(HOST, at, filesystems=(filesystem(evil, 50, 50),), interfaces=(named,)), now=at
    )
    page = viewer.get(PAGE).content.decode()
    assert "<script>alert" not in page and "<b>eth0" not in page and "<i>:" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;U+202E&gt;" in page


def test_the_history_as_csv(viewer: Client) -> None:
    told(3, 2, 1)
    answer = viewer.get(f"{PAGE}history.csv", {"range": "1h"})
    assert isinstance(answer, StreamingHttpResponse)
    header, *rows = csv.reader(io.StringIO(b"".join(answer).decode()))
    assert {"network_dropped_per_second", "network_errors_per_second", "processes"} < set(header)
    assert header[:3] == ["begins_at", "cpu_used_ratio", "cpu_allocated_ratio"] and header[-1] == "used_ratio /"
    assert {row[1] for row in rows} == {"", "0.25"}
    assert viewer.get("/c/prod/nodes/10.9.9.9/history.csv").status_code == 404


def test_the_states_of_the_agent_are_a_strip_and_a_sentence(viewer: Client) -> None:
    cluster = told(3, 2, 1)
    write(cluster, summary(ago(1), agent(HOST, active=False), agent("10.0.0.2")))
    page = viewer.get(PAGE, {"range": "1h"})
    assert "As Mesos sees it last 1 h: active for 99 % of the time that is known; 1 change" in words(page).replace(
        "\u00a0", " "
    )
    strip = page.content.decode().partition('id="states"')[2].partition("</svg>")[0]
    assert [strip.count(f's-{state}"') for state in ("unk", "good", "bad")] == [1, 1, 1]
    assert "Silent from" in strip


def test_changes_of_state_are_marked_on_the_charts(viewer: Client) -> None:
    cluster = told(3, 2, 1)
    write(cluster, summary(ago(1), agent(HOST, active=False), agent("10.0.0.2")))
    page = viewer.get(PAGE, {"range": "1h"}).content.decode()
    assert page.count(f'{HOST} lost its connection to Mesos"') == len(IDS)


def test_what_the_command_line_prints_stands_beside_what_is_so(viewer: Client) -> None:
    told()
    said = shown(viewer).partition("What the dcos CLI prints")[2]
    assert f"dcos node metrics summary id-of-{HOST}" in said
    assert "CPU 1.50 (25.00%) load.1min (cpu.total) 25 % busy, load 0.38 per core the machine itself" in said
    assert "load over one minute ÷ cores It prints two quantities" in said
    assert "MEM 5.37GiB (62.50%)" in said and "2 GiB in use, 25 % the machine itself: total − free" in said
    assert "÷ total It counts buffers and caches as used" in said
    assert "dcos node list a silent agent reads ACTIVE there" in said
    assert "load.1min 2" in said.partition("dcos node metrics details")[2]


def test_plain_mesos_has_no_command_line_of_dcos(viewer: Client) -> None:
    write(builders.cluster(kind="mesos"), summary(ago(1), agent(HOST)))
    said = shown(viewer)
    assert "dcos" not in said.replace("dcos-diagnostics", "") and "As Mesos sees it" in said


def test_a_host_that_was_never_seen_is_a_404(viewer: Client) -> None:
    told()
    assert viewer.get("/c/prod/nodes/10.9.9.9/").status_code == 404
    assert viewer.get("/c/nowhere/nodes/10.0.0.1/").status_code == 404


def test_the_price(viewer: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = told(2, 1, filesystems=tuple(filesystem(f"/data{number}") for number in range(12)))
    write(cluster, summary(ago(1), *(agent(f"10.0.0.{number}") for number in range(1, 60))))
    with django_assert_num_queries(QUERIES):
        viewer.get(PAGE, {"range": "1h"})


def test_maintenance_of_its_machine_is_told_with_its_window(viewer: Client) -> None:
    cluster, now = told(), timezone.now()
    begins = now + timedelta(days=400)
    machine = MachineMode(hostname="", ip=HOST, mode=Mode.DRAINING, begins_at=begins, ends_at=None)
    said = ClusterRegistry(taken_at=now, admitted=(), unreachable={}, gone={}, machines=(machine,))
    assert "Maintenance" not in shown(viewer)
    write(cluster, said, now=now, source="registry")
    assert f"Maintenance scheduled from {begins.day} {begins:%b %Y %H:%M}" in shown(viewer)


def test_open_failures_and_firing_alerts_of_the_node_are_linked_and_no_others(viewer: Client) -> None:
    cluster = told()
    one = failed(cluster, Incident.Kind.AGENT_PROCESS, HOST, 60, effect="3 tasks at risk")
    failed(cluster, Incident.Kind.HOST, "10.9.9.9", 60)
    failed(cluster, Incident.Kind.HOST, HOST, 600, lasted=60)
    fires = alert(cluster, 60, key="R38", host=HOST, sentence="/var is <b>full</b>")
    alert(cluster, 60, key="R39", host="10.9.9.9", sentence="of another node")
    alert(cluster, 60, key="R36", host=HOST, sentence="not yet", state="pending")
    page = viewer.get(PAGE).content.decode()
    assert "Incidents and alerts of this node" in page
    assert f'href="/c/prod/failures/{one.pk}/"' in page and f'href="/c/prod/alerts/{fires.pk}/"' in page
    assert "/var is &lt;b&gt;full&lt;/b&gt;" in page
    assert "of another node" not in page and "not yet</a>" not in page and page.count("/c/prod/failures/") == 2


def test_a_node_of_which_nothing_is_wrong_has_no_list_of_it(viewer: Client) -> None:
    told()
    assert "Incidents and alerts of this node" not in viewer.get(PAGE).content.decode()
