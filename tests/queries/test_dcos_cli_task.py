"""What the command line prints of a task, beside what is so."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from dashboard.models import Container, Task
from dashboard.queries import containers, dcos_cli_task, freshness
from dashboard.queries.dcos_cli import Printed
from tests import builders
from tests.app_sets import asked_all, contained
from tests.applications import make_app, make_marathon, make_task
from tests.builders import MIB, NOON, later
from tests.queries.test_dcos_cli import plain

pytestmark = pytest.mark.django_db


def measured() -> tuple[Task, Container]:
    cluster = builders.cluster()
    app = make_app(make_marathon(cluster, NOON), "/web", NOON)
    task = make_task(cluster, 1, NOON, app=app)
    asked_all(cluster, NOON)
    return task, contained(task, later(-60), NOON)


def printed(task: Task, own: Container | None, at: float = 0) -> dict[str, Printed]:
    source = freshness.of(task.cluster, later(at))[containers.SOURCE]
    row = containers.row(own, source, later(at)) if own else None
    found = dcos_cli_task.summary(task, row, dcos_cli_task.read(task.cluster, task))
    return {one.column: one for one in found}


def test_each_wrong_figure_is_printed_as_the_command_line_does_beside_the_right_one() -> None:
    task, own = measured()
    own.cpus_used, own.measured_at = 0.5, NOON
    found = printed(task, own)
    assert {column: one.printed for column, one in found.items()} == {
        "CPU": "1800.00 (100.00%)",  # seconds since the start, throttled ones not told
        "MEM": "0.00GiB (N/A)",  # mem.file_bytes is never fetched, mem.total_bytes was not told
        "DISK": f"{10 * MIB:.2f}GiB (0.98%)",
    }
    assert {column: plain(one.ours) for column, one in found.items()} == {
        "CPU": "0.5 cores used, 100 % of 0.5 cores allocated",
        "MEM": "100 MiB in use, 9.8 % of the limit of 1 GiB",
        "DISK": "10 MiB used, 1.0 % of the limit of 1 GiB",
    }


def test_shares_of_throttled_seconds_and_of_memory_in_use() -> None:
    task, _ = measured()
    values = {
        "cpus_user_time_secs": 30.0,
        "cpus_system_time_secs": 10.0,
        "cpus_throttled_time_secs": 40.0,
        "mem_total_bytes": 5.0,
    }
    cpu, memory, disk = dcos_cli_task.summary(task, None, values)
    assert (cpu.printed, memory.printed, disk.printed) == ("40.00 (50.00%)", "0.00GiB (0.00%)", "0.00GiB (N/A)")
    assert plain(cpu.ours) == "— used, — of 0.5 cores allocated"
    assert plain(memory.ours) == "— in use, — of no limit told"


def test_old_figures_are_printed_and_ours_are_not_the_present() -> None:
    task, own = measured()
    found = printed(task, own, 3600)
    assert found["CPU"].printed == "1800.00 (100.00%)"
    assert plain(found["MEM"].ours) == "— in use, — of no limit told"


def test_details_have_mesos_names_and_then_the_applications_own() -> None:
    values = {"cpus_user_time_secs": 1.5, "mem_rss_bytes": 20.0, "processes": 3.0, "blkio_read_bytes": 7.0}
    rows = [(row.name, row.value) for row in dcos_cli_task.details(values, [("requests", 4.0), ("a.mean", 0.25)])]
    assert rows == [
        ("container.processes", "3"),
        ("cpus.user_time_secs", "1.50"),
        ("mem.rss_bytes", "20"),
        ("requests", "4"),
        ("a.mean", "0.25"),
    ]


def test_the_price(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    task, _ = measured()
    with django_assert_num_queries(2):
        assert dcos_cli_task.read(task.cluster, task)["cpus_limit"] == 2.0
    task.container_id = ""
    with django_assert_num_queries(0):
        assert dcos_cli_task.read(task.cluster, task) == {}
