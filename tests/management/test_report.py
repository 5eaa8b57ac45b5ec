"""`manage.py report`: the figures of the dcos command line beside the right ones, as plain text."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from dashboard.management.report_lines import WIDTH
from dashboard.models import Cluster, Reading, Subject, Task
from tests import builders
from tests.app_sets import asked_all, contained, told_set
from tests.applications import listed_at, make_app, make_marathon, make_task
from tests.builders import NOON, agent, host_metrics, summary, write, write_machines

pytestmark = pytest.mark.django_db
HOST = "10.0.0.21"
EVIL = "\x1b[31mred\u202e"


@pytest.fixture(autouse=True)
def frozen_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)


def run(*words: str, **options: Any) -> str:
    out = StringIO()
    call_command("report", *words, stdout=out, **options)
    return out.getvalue()


def refused(*words: str, **options: Any) -> str:
    with pytest.raises(CommandError) as error:
        run(*words, **options)
    assert error.value.returncode == 1
    return str(error.value)


def a_node(name: str = "prod", minutes_ago: float = 0, **said: Any) -> Cluster:
    cluster, now = builders.cluster(name), NOON
    write(cluster, summary(now, agent(HOST, agent_id="agent-S0", hostname="box-21", **said)))
    at = now - timedelta(minutes=minutes_ago)
    write_machines(cluster, host_metrics(HOST, at), now=at)
    listed_at(cluster, at, "nodes")
    return cluster


def a_task(cluster: Cluster, number: int = 1) -> Task:
    now = NOON
    app = cluster.apps.first() or make_app(make_marathon(cluster, now), "/web", now)
    task = make_task(cluster, number, now, app=app)
    asked_all(cluster, now)
    container = contained(task, now - timedelta(minutes=1), now)
    told_set(container, task, now, {}, {"requests": 12.0})
    return task


@pytest.mark.parametrize("named", [HOST, "agent-S0", "box-21"])
def test_a_node_is_found_by_host_agent_and_hostname(named: str) -> None:
    a_node()
    text = run("node", named)
    assert "Node 10.0.0.21 of prod" in text and "dcos node metrics summary agent-S0" in text
    assert "CPU     1.50 (25.00%)                 25 % busy, load 0.38 per core" in text
    assert "differ: It prints two quantities in one cell" in text
    assert "ours:   the machine itself: busy of all cores" in text
    assert "details" not in text and "\u00a0" not in text


def test_details_are_printed_where_they_are_asked_for() -> None:
    a_node()
    text = run("node", HOST, details=True)
    assert "dcos node metrics details agent-S0" in text
    assert "system.uptime" in text and "path: /" in text


def test_old_figures_say_how_old_and_ours_are_dashes() -> None:
    a_node(minutes_ago=30)
    text = run("node", HOST)
    assert "30 min ago: OLD, not the present" in text and "— busy, load — per core" in text
    assert "1.50 (25.00%)" in text


def test_every_line_fits_whatever_a_cluster_says() -> None:
    cluster = a_node()
    task = a_task(cluster)
    Task.objects.filter(pk=task.pk).update(task_id=EVIL + "x" * 220)
    for words in (("node", HOST), ("task", EVIL)):
        lines = run(*words, details=True).splitlines()
        assert max(map(len, lines)) <= WIDTH
        assert not any("\x1b" in line or "\u202e" in line for line in lines)


def test_a_task_is_found_by_how_its_id_begins() -> None:
    task = a_task(a_node())
    text = run("task", task.task_id[:12], details=True)
    assert f"dcos task metrics summary {task.task_id}" in text
    assert "MEM     0.00GiB (N/A)                 100 MiB in use, 9.8 % of the limit of 1 GiB" in text
    assert "requests" in text.partition("metrics details")[2]


def test_what_is_ambiguous_names_the_candidates() -> None:
    cluster = a_node()
    one, other = a_task(cluster, 1), a_task(cluster, 2)
    said = refused("task", "web.")
    assert one.task_id in said and other.task_id in said and "is not one task" in said
    a_node("other")
    assert "10.0.0.21 of other, agent agent-S0" in refused("node", HOST)
    assert "Node 10.0.0.21 of other" in run("node", HOST, cluster="other")


def test_what_nobody_knows_says_what_was_looked_for_where_and_what_to_do() -> None:
    a_node()
    said = refused("node", "10.9.9.9")
    assert "No node is called 10.9.9.9. Looked for as a host, an agent id or a hostname, in prod" in said
    assert "manage.py poll prod" in said
    assert "No task is called web" in refused("task", "web")
    assert "No cluster is called nope: prod." in refused("node", HOST, cluster="nope")


def test_a_task_without_figures_says_so() -> None:
    cluster, now = a_node(), NOON
    listed_at(cluster, now)
    listed_at(cluster, now, "containers")
    make_task(cluster, 3, now)
    text = run("task", "job.")
    assert "No metrics found: no figure of it is kept." in text and "measured: never" in text


def test_what_its_application_tells_is_printed_where_no_figure_of_its_container_is_kept() -> None:
    task = a_task(a_node())
    Reading.objects.filter(subject__kind=Subject.Kind.CONTAINER).delete()
    summary, _, details = run("task", task.task_id, details=True).partition("metrics details")
    assert "No metrics found: no figure of it is kept." in summary and "DCOS PRINTS" not in summary
    assert "requests" in details
    assert "metrics details" not in run("task", task.task_id)


def test_the_report_as_json_has_all_of_it() -> None:
    task = a_task(a_node())
    told = json.loads(run("task", task.task_id, json=True))
    assert told["current"] is True and told["age_seconds"] == 0
    assert [one["column"] for one in told["summary"]] == ["CPU", "MEM", "DISK"]
    assert {"name": "requests", "value": "12", "tags": ""} in told["details"]
