from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from collectors.errors import Outcome
from collectors.records import Harvest, NodeOutcome
from dashboard.models import Cluster
from dashboard.queries import container
from tests import builders
from tests.builders import (
    GIB,
    agent,
    agent_containers,
    agent_snapshot,
    container_reading,
    flags,
    host_metrics,
    summary,
    write,
    write_agents,
    write_containers,
    write_harvest,
    write_machines,
)
from tests.pages.conftest import words

pytestmark = pytest.mark.django_db
HOST = "10.0.0.1"
NODE = f"/c/prod/nodes/{HOST}/"
PAGE = f"{NODE}containers/"
QUERIES = 11
"""Session, user, role, cluster, freshness, those that run, those that ended, how asking went, switcher, age."""
EVIL = "<script>alert(1)</script>\u202e"


def ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)


def cores(at: datetime, container_id: str, used: float, **said: Any) -> Any:
    """A container that uses so many cores."""
    elapsed = (at - builders.NOON).total_seconds() + 1e8
    metrics = {"cpus_user_time_secs": used * elapsed, "cpus_system_time_secs": 0.0, **said.pop("metrics", {})}
    return container_reading(container_id, at, metrics=metrics, **said)


def told(**kind: Any) -> Cluster:
    """A pod with two inside, a job, and one that ended, on a node that a summary listed."""
    cluster = builders.cluster(**kind)
    for seconds in (121, 61, 1):
        at = ago(seconds)
        every = [
            cores(at, "pod", 1.5, task_name="web", framework_id="f1", framework_name="marathon"),
            cores(at, "in-a", 0.5, parent_id="pod", task_name=""),
            cores(at, "in-b", 0.9, parent_id="pod", task_name=""),
            cores(at, "job", 0.25, task_name="nightly", framework_id="f2", framework_name="metronome"),
        ]
        over = [cores(at, "gone", 1.0, task_name="over")] if seconds > 60 else []
        write_containers(cluster, agent_containers(HOST, *every, *over, at=at), now=at)
    write(cluster, summary(ago(1), agent(HOST)))
    return cluster


def shown(client: Client, path: str = PAGE, **query: str) -> str:
    return words(client.get(path, query)).replace("\u00a0", " ")


def listed(client: Client, **query: str) -> list[str]:
    """The names of the rows, top to bottom."""
    body = client.get(PAGE, query).content.decode().partition('id="containers"')[2].partition("</table>")[0]
    return [row.partition('">')[2].partition("</a>")[0] for row in body.split('<th scope="row"><a href=')[1:]]


def test_nested_containers_stand_below_their_root_the_busiest_first(viewer: Client) -> None:
    told()
    assert listed(viewer) == ["web", "in-b", "in-a", "nightly", "over"]
    page = viewer.get(PAGE).content.decode()
    assert page.count('class="in1"') == 2 and "nested container" in page


def test_a_row_says_use_of_limit_state_and_framework(viewer: Client) -> None:
    told()
    said = shown(viewer)
    assert "5 Containers of 10.0.0.1" in said
    assert "web Running marathon 2 1.5 1 GiB 100 MiB 10 % 10 MiB 1.0 % of limit" in said
    assert "over Ended 1 s ago id-of-marathon — — — — — —" in said


def test_order_filter_and_text_are_in_the_address(viewer: Client) -> None:
    told()
    assert listed(viewer, sort="task")[0] == "nightly"
    assert listed(viewer, sort="cpu") == ["over", "nightly", "web", "in-a", "in-b"]
    assert listed(viewer, **{"is": "ended"}) == ["over"]
    assert listed(viewer, framework="f2") == ["nightly"]
    assert listed(viewer, q="IN-A") == ["web", "in-a"]
    assert "Showing 1 of 5 Containers (Clear)" in shown(viewer, q="in-a")
    assert "No container matches The filter hides all of them. Clear" in shown(viewer, q="nothing like it")


def test_a_filter_or_order_nobody_offers_is_as_if_it_were_not_there(viewer: Client) -> None:
    told()
    assert listed(viewer, sort="password", **{"is": "lovely"}) == listed(viewer)


def test_the_links_keep_what_else_is_asked_for(viewer: Client) -> None:
    told()
    page = viewer.get(PAGE, {"q": "n", "framework": "f2"}).content.decode()
    assert 'href="?q=n&amp;framework=f2&amp;sort=task"' in page
    assert 'href="?q=n&amp;is=ended&amp;framework=f2"' in page
    assert 'href="containers.csv?q=n&amp;framework=f2"' in page


def test_the_csv_holds_what_the_filter_shows(viewer: Client) -> None:
    told()
    answer = viewer.get(f"{PAGE}containers.csv", {"is": "running"})
    assert isinstance(answer, StreamingHttpResponse)
    header, *rows = csv.reader(io.StringIO(b"".join(answer).decode()))
    web = next(row for row in (dict(zip(header, one, strict=True)) for one in rows) if row["task_name"] == "web")
    assert float(web["cpus_used"]) == pytest.approx(1.5) and float(web["mem_limit_bytes"]) == GIB
    assert (web["cpus_requested"], web["state"], web["ended_at"], len(rows)) == ("", "Running", "", 4)


def test_a_name_never_becomes_a_formula_nor_a_script(viewer: Client) -> None:
    cluster, at = builders.cluster(), ago(1)
    hostile = (
        container_reading("a", at, task_name=EVIL, framework_id="<b>f", framework_name=EVIL),
        container_reading("b", at, task_name="=cmd|' /C calc'!A0"),
    )
    write_containers(cluster, agent_containers(HOST, *hostile, at=at), now=at)
    page = viewer.get(PAGE, {"q": EVIL, "framework": "<b>f"}).content.decode()
    assert "<script>alert" not in page and "<b>f" not in page and "&lt;script&gt;alert(1)" in page
    answer = viewer.get(f"{PAGE}containers.csv")
    assert isinstance(answer, StreamingHttpResponse)
    assert "'=cmd|" in b"".join(answer).decode()


def test_a_node_without_containers_is_a_fact_and_an_agent_that_was_never_asked_another(viewer: Client) -> None:
    cluster = builders.cluster()
    write(cluster, summary(ago(1), agent(HOST)))
    assert "Not yet What runs here is not known. The agent’s containers: not asked yet." in shown(viewer)
    assert "What runs here is not known" in shown(viewer, NODE)
    write_containers(cluster, agent_containers(HOST, at=ago(1)), now=ago(1))
    assert "No container runs here The agent answered and lists none" in shown(viewer)
    assert "No container runs here Its agent answered, and lists none." in shown(viewer, NODE)


def test_an_agent_that_refuses_says_so_above_what_was_last_known(viewer: Client) -> None:
    cluster = told()
    write_containers(cluster, agent_containers("10.0.0.2", at=ago(0.5)), silent=(HOST,), now=ago(0.5))
    assert "Stale The agent was last asked for its containers in vain: connection refused" in shown(viewer)


def test_agents_on_other_ports_are_told_of_by_the_one_that_fails(viewer: Client) -> None:
    cluster = builders.cluster(kind="mesos")
    write(cluster, summary(ago(2), agent(HOST), agent(HOST, agent_id="second", port=5052)))
    said = agent_containers(HOST, container_reading("c1", ago(1)), at=ago(1), agent_id="second")
    ends = {5052: Outcome.OK, None: Outcome.OK}
    for vain in (False, True):
        nodes = tuple(NodeOutcome(host=HOST, port=port, outcome=end, detail="") for port, end in ends.items())
        write_harvest(cluster, "containers", Harvest(records=(said,), nodes=nodes), now=ago(0.5))
        assert ("asked for its containers in vain: connection refused" in shown(viewer)) is vain
        ends[5052] = Outcome.REFUSED
    found = container.one(cluster, HOST, "c1", timezone.now())
    assert found is not None and found.collected is not None and found.collected.outcome == Outcome.REFUSED


def test_a_node_whose_containers_are_all_nested_has_a_page(viewer: Client) -> None:
    cluster = builders.cluster()
    write(cluster, summary(ago(2), agent(HOST)))
    write_containers(cluster, agent_containers(HOST, container_reading("inside", ago(1), parent_id="lost"), at=ago(1)))
    assert "Containers 1 running" in shown(viewer, NODE)


def test_a_host_nobody_knows_is_a_404(viewer: Client) -> None:
    told()
    for path in ("/c/prod/nodes/10.9.9.9/containers/", "/c/nowhere/nodes/10.0.0.1/containers/"):
        assert viewer.get(path).status_code == 404
        assert viewer.get(f"{path}containers.csv").status_code == 404


def test_many_containers_are_cut_into_pages(viewer: Client) -> None:
    cluster, at = builders.cluster(), ago(1)
    every = [container_reading(f"c{number:03}", at) for number in range(250)]
    write_containers(cluster, agent_containers(HOST, *every, at=at), now=at)
    assert len(listed(viewer)) == 200 and len(listed(viewer, page="2")) == 50
    assert "201–250 of 250 containers" in shown(viewer, page="2")


def test_the_price(viewer: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster, at = builders.cluster(), ago(1)
    every = [container_reading(f"c{number}", at, parent_id="c0" if number % 2 else "") for number in range(300)]
    write_containers(cluster, agent_containers(HOST, *every, at=at), now=at)
    with django_assert_num_queries(QUERIES):
        viewer.get(PAGE)


def test_the_node_shows_the_busiest_roots_and_the_way_to_all(viewer: Client) -> None:
    told()
    said = shown(viewer, NODE).partition("Containers 4 running")[2]
    assert said.startswith(", the 2 that use most CPU; of their limits, not of this machine All 4")
    assert said.index("web Running") < said.index("nightly Running") and "in-a" not in said
    assert f'<a href="{PAGE}">All 4</a>' in viewer.get(NODE).content.decode()


def test_the_node_tells_its_agent_process_and_what_its_flags_mean(viewer: Client) -> None:
    cluster = told()
    write_agents(cluster, agent_snapshot(HOST, ago(5), uptime_seconds=7200.0))
    write(cluster, flags(HOST, ago(60), flags={"isolation": "posix/cpu,posix/mem", "resources": "cpus:4;mem:1024"}))
    said = shown(viewer, NODE).partition("Details the Mesos agent process")[2]
    for fact in (
        "Process up 2 h",
        "Registered yes",
        "Executors running 3",
        "Executors ended 7",
        "Launch errors 0",
        "Tasks failed 2",
        "CPU measured, not limited: a container may use more than it asked for isolation=posix/cpu",
        "Resources declared by whoever set the agent up",
    ):
        assert fact in said
    assert "slave/uptime_secs" in said and "GET /agent/<id>/metrics/snapshot" in said


def test_an_agent_that_told_nothing_says_so(viewer: Client) -> None:
    told()
    said = shown(viewer, NODE)
    assert "The agent process has not told anything of itself yet." in said
    assert "Its flags are not known, so neither is what it limits and what it only measures." in said


def test_old_figures_of_the_agent_process_are_called_old(viewer: Client) -> None:
    cluster = told()
    write_agents(cluster, agent_snapshot(HOST, ago(900)), now=ago(900))
    said = shown(viewer, NODE)
    assert "Stale The agent process last told of itself at" in said
    assert "Machine as the kernel tells" not in said


def test_plain_mesos_shows_the_machine_as_the_agent_tells_it(viewer: Client) -> None:
    cluster = told(kind="mesos")
    write_agents(cluster, agent_snapshot(HOST, ago(5)))
    said = shown(viewer, NODE)
    assert (
        "caches are not counted as free memory Load over 1 minute 1.5, 0.38 per core Memory free 3 GiB of 8 GiB" in said
    )
    assert "Cores 4" in said


def test_a_measured_machine_is_not_told_a_second_time(viewer: Client) -> None:
    cluster = told()
    write_agents(cluster, agent_snapshot(HOST, ago(5)))
    write_machines(cluster, host_metrics(HOST, ago(5)), now=ago(5))
    assert "as the kernel tells the agent process" not in shown(viewer, NODE).replace("the machine, as the kernel", "")
