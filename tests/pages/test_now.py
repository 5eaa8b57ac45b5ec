from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from collectors.errors import Outcome, PollError
from collectors.records import Resources
from dashboard.models import App, Cluster, Watch
from dashboard.roles import Role, grant
from dashboard.store import ingest
from dashboard.store.writing import Writing
from tests import builders
from tests.applications import listed_at, make_app, make_marathon
from tests.builders import (
    agent,
    framework,
    host_metrics,
    master,
    node_health,
    report,
    summary,
    unit,
    write,
    write_masters,
    write_use,
)

pytestmark = pytest.mark.django_db

RESOURCES = ["CPU Allocation", "Memory Allocation", "Disk Allocation", "GPU Allocation"]
TILES = [*RESOURCES, "Nodes", "Services Status", "Tasks", "Components Health"]


@pytest.fixture(autouse=True)
def signed_in(client: Client) -> None:
    user = User.objects.create_user("ana")
    grant(user, Role.VIEWER)
    client.force_login(user)


def ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)


def well(seconds_ago: float = 2, *, agents: int = 2, kind: str = "dcos") -> Cluster:
    cluster, at = builders.cluster(kind=kind), ago(seconds_ago)
    write_masters(cluster, master(at=at), now=at)
    write(cluster, summary(at, *(agent(f"10.0.0.{number + 1}") for number in range(agents))))
    if kind == "dcos":
        write(cluster, report(at))
        write(cluster, host_metrics(at=at))
    Watch.objects.create(cluster=cluster, evaluated_at=timezone.now())
    return cluster


def shown(client: Client, address: str = "/c/prod/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode().replace("\u00a0", " ")


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def tile(html: str, title: str) -> str:
    return next(text(part) for part in html.split('<article class="tile')[1:] if f">{title}<" in part)


def test_the_eight_familiar_tiles_stand_in_the_order_of_dcos(client: Client) -> None:
    well()
    found = re.findall(r"<h3>(?:<a [^>]+>)?([^<]+)", shown(client))
    assert found == TILES


def test_the_verdict_comes_first_and_its_word_is_what_a_refresh_speaks(client: Client) -> None:
    well()
    html = shown(client)
    assert '<section class="verdict good" id="verdict" data-refresh data-word="All well"' in html
    assert html.index('id="verdict"') < html.index('id="changes"') < html.index('id="cluster"')


def test_other_findings_follow_with_links_to_where_to_look(client: Client) -> None:
    cluster = well()
    write(cluster, summary(ago(1), agent("10.0.0.1"), agent("10.0.0.2", active=False)))
    write(cluster, report(ago(1), node_health("10.0.0.1", unit("dcos-net.service", 1), health=1)))
    html = shown(client)
    assert "agent 10.0.0.2 silent for" in text(html)
    assert 'href="/c/prod/components/dcos-net.service/"' in html


def test_a_share_names_its_basis_and_links_to_capacity(client: Client) -> None:
    cluster = well()
    write(cluster, summary(ago(1), agent("10.0.0.1"), agent("10.0.0.2", active=False)))
    html = shown(client)
    cpu = tile(html, "CPU Allocation")
    assert "25 % allocated 1 of 4 cores · active agents only" in cpu
    assert '<a href="/c/prod/capacity/">CPU Allocation</a>' in html
    assert "totals count active agents only: 1 of 2 agents" in text(html)


def test_a_cluster_without_gpus_says_so_and_not_zero_percent(client: Client) -> None:
    well()
    gpu = tile(shown(client), "GPU Allocation")
    assert "no GPUs in this cluster" in gpu
    assert "0 %" not in gpu


def test_gpus_whose_agent_is_lost_are_not_called_absent(client: Client) -> None:
    cluster = builders.cluster()
    gpus = agent("10.0.0.9", total=Resources(cpus=4, gpus=2), allocated=Resources(gpus=1))
    silent = agent("10.0.0.9", active=False, total=Resources(cpus=4, gpus=2))
    write(cluster, summary(ago(900), agent("10.0.0.1"), gpus))
    write(cluster, summary(ago(1), agent("10.0.0.1"), silent))
    assert "no GPUs on active agents" in tile(shown(client), "GPU Allocation")


def test_nodes_are_counted_by_state_with_the_worst_named(client: Client) -> None:
    cluster = well()
    write(cluster, summary(ago(1), agent("10.0.0.1"), agent("10.0.0.2", active=False)))
    assert "1 active, 1 silent 2 agents · 1 master, 10.0.0.101 leads" in tile(shown(client), "Nodes")
    assert "10.0.0.2 Silent" in tile(shown(client), "Nodes")
    assert "1 other agent Active" in tile(shown(client), "Nodes")


def test_frameworks_stand_worst_first(client: Client) -> None:
    cluster = well()
    cut_off = framework("spark", connected=False)
    write(cluster, summary(ago(1), frameworks=(framework("marathon"), cut_off)))
    services = tile(shown(client), "Services Status")
    assert "1 of 2 active frameworks, as Mesos sees them" in services
    assert services.index("spark Disconnected") < services.index("marathon Active")


def test_apps_stand_by_state_with_the_frameworks_below(client: Client) -> None:
    cluster = well()
    listed_at(cluster, ago(2), "apps")
    root = make_marathon(cluster, ago(2))
    make_app(root, "/web", ago(2))
    make_app(root, "/etl", ago(2), state=App.State.UNHEALTHY)
    write(cluster, summary(ago(1), frameworks=(framework("marathon"), framework("spark", connected=False))))
    html = shown(client)
    services = tile(html, "Services Status")
    assert "1 of 2 running apps and pods, as their Marathons list them 1 of 2 frameworks active" in services
    assert services.index("1 app Unhealthy") < services.index("spark Disconnected")
    assert 'href="/c/prod/apps/?state=unhealthy"' in html


def test_apps_of_a_silent_marathon_are_not_called_running(client: Client) -> None:
    cluster = well()
    listed_at(cluster, ago(2), "apps")
    make_app(make_marathon(cluster, ago(900)), "/web", ago(900))
    services = tile(shown(client), "Services Status")
    assert "— of 1 running" in services
    assert "1 app No data" in services


def test_failures_are_not_known_before_two_readings_and_then_counted(client: Client) -> None:
    cluster, at = well(100), ago(5)
    assert "Failed, last hour — not known" in tile(shown(client), "Tasks")
    grown = master(at=at, uptime_seconds=3695.0, metrics={"master/tasks_failed": 2.0})
    write_masters(cluster, grown, now=at)
    tasks = tile(shown(client), "Tasks")
    assert re.search(r"Failed, since \d\d:\d\d:\d\d 2", tasks)
    assert "Lost, last hour — not known" in tasks


def test_components_are_counted_and_the_sick_named(client: Client) -> None:
    cluster = well()
    write(cluster, report(ago(1), node_health("10.0.0.1", unit("dcos-a.service", 1), unit("dcos-b.service"), health=1)))
    found = tile(shown(client), "Components Health")
    assert "1 of 3 healthy" in found  # the third is no longer listed: no data
    assert "a.service Unhealthy" in found
    assert "View all" in found


def test_a_dark_node_makes_components_unknown_and_the_tile_says_of_how_many_nodes(client: Client) -> None:
    cluster = well()
    write(cluster, report(ago(1), node_health("10.0.0.1", dark=True)))
    found = tile(shown(client), "Components Health")
    assert "0 of 1 healthy" in found
    assert "no data from 1 of 1 node" in found


def test_plain_mesos_says_that_it_has_no_component_health(client: Client) -> None:
    well(kind="mesos")
    assert "plain Mesos has no component health" in tile(shown(client), "Components Health")


def test_before_the_first_answer_nothing_is_zero_and_nothing_is_green(client: Client) -> None:
    builders.cluster()
    html = shown(client)
    assert "the first poll has not ended yet" in text(html)
    assert "Learning" in html
    for title in ("CPU Allocation", "Nodes", "Services Status", "Tasks", "Components Health"):
        assert f"{title} —" in tile(html, title)
    assert 'class="mark good"' not in html


def test_stale_figures_stay_grey_with_the_time_they_were_true(client: Client) -> None:
    cluster = well(300)
    writing = Writing(cluster=cluster, tick=int(ago(0).timestamp()), now=ago(0))
    failed = PollError(Outcome.REFUSED, "connection refused")
    ingest.failure(writing, "summary", failed, duration_seconds=0.1)
    html = shown(client)
    assert html.count('<article class="tile stale">') == 8
    assert "25 % allocated" in tile(html, "CPU Allocation")
    assert "5 min ago" in text(html.split('class="note warn"')[1].split("</div>")[0])
    assert "connection refused" in html
    assert "Unknown — no answer from any master for 5 min" in text(html)


def test_only_the_block_whose_source_is_old_is_grey(client: Client) -> None:
    cluster = well(600)
    write_masters(cluster, master(at=ago(1)), now=ago(1))
    write(cluster, summary(ago(1)))
    html = shown(client)
    assert html.count('<article class="tile stale">') == 1
    assert "1 of 1 healthy as of 10 min ago, no report since" in tile(html, "Components Health")


def test_the_last_changes_have_times_and_links(client: Client) -> None:
    cluster = well()
    write(cluster, report(ago(1), node_health("10.0.0.1", unit("dcos-net.service", 1), health=1)))
    changes = shown(client).split('id="changes"')[1].split("</section>")[0]
    assert 'href="/c/prod/components/dcos-net.service/nodes/10.0.0.1/"' in changes
    assert re.search(r"\d\d:\d\d\s+net.service unhealthy on 10.0.0.1", text(changes))


def test_an_hour_without_changes_names_the_last_one(client: Client) -> None:
    cluster = well(9000)
    everyone = (agent("10.0.0.1"), agent("10.0.0.2"), agent("10.0.0.3"))
    write(cluster, summary(ago(7300), *everyone))
    write(cluster, summary(ago(1), *everyone))
    changes = text(shown(client).split('id="changes"')[1].split("</section>")[0])
    assert "Nothing changed in the last 60 min. The last change: 10.0.0.3 joined, 2 h ago" in changes


def test_names_from_the_cluster_are_text(client: Client) -> None:
    cluster = well()
    hostile = framework("<script>alert(1)</script>\u202e", framework_id="f", connected=False)
    write(cluster, summary(ago(1), frameworks=(framework(), hostile)))
    html = shown(client)
    assert "<script>alert" not in html
    assert "&lt;U+202E&gt;" in html


def test_the_page_loads_no_chart_library(client: Client) -> None:
    well()
    assert "plotly" not in shown(client)


def test_a_cluster_that_is_not_there_is_not_found(client: Client) -> None:
    assert client.get("/c/nowhere/").status_code == 404


@pytest.mark.parametrize("agents", [5, 60])
def test_the_page_costs_the_same_for_any_number_of_agents(
    agents: int, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    well(agents=agents)
    # The cluster, 24 for the answer; session, user, role, clusters and age for the frame.
    with django_assert_num_queries(29):
        shown(client)


def test_a_state_in_stale_figures_is_as_long_as_it_was_when_they_were_true(client: Client) -> None:
    cluster = well(700)
    for seconds in (620, 600):
        write(cluster, summary(ago(seconds), agent("10.0.0.1"), agent("10.0.0.2", active=False)))
    assert re.search(r"Silent (19|20) s", tile(shown(client), "Nodes"))


def test_no_change_is_claimed_to_be_absent_while_nothing_is_seen(client: Client) -> None:
    cluster = well(9000)
    write(cluster, summary(ago(7300), agent("10.0.0.1"), agent("10.0.0.2"), agent("10.0.0.3")))
    assert "No change is known of the last 60 min" in text(shown(client))


def test_use_stands_beside_allocation_with_how_many_agents_it_is_of(client: Client) -> None:
    cluster = well()
    assert "used: not measured yet" in tile(shown(client), "CPU Allocation")
    write_use(cluster, host_metrics(at=ago(1)), now=ago(1))
    cpu = tile(shown(client), "CPU Allocation")
    assert "25 % allocated · 25 % used 2 of 8 cores · active agents only used: 1 of 2 agents measured" in cpu


def test_use_that_is_too_old_is_not_shown_as_the_present(client: Client) -> None:
    cluster = well()
    write_use(cluster, host_metrics(at=ago(900)), now=ago(900))
    write(cluster, summary(ago(1), agent("10.0.0.1"), agent("10.0.0.2")))
    cpu = tile(shown(client), "CPU Allocation")
    assert "% used" not in cpu and "used: not measured for 15 min" in cpu


def test_plain_mesos_says_that_it_cannot_tell_use(client: Client) -> None:
    well(kind="mesos")
    assert "used: not measured: plain Mesos has no metrics of machines" in tile(shown(client), "CPU Allocation")


def test_a_lost_agent_leads_to_its_page(client: Client) -> None:
    cluster = well()
    write(cluster, summary(ago(1), agent("10.0.0.1"), agent("10.0.0.2", active=False)))
    assert shown(client).count('href="/c/prod/nodes/10.0.0.2/"') == 3  # the verdict, what changed, the tile
