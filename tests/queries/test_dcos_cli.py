"""What the command line of DC/OS prints, beside what is so."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from dashboard.models import Cluster
from dashboard.queries import dcos_cli, machine
from dashboard.queries.dcos_cli import Printed
from dashboard.queries.machine import Node
from tests import builders
from tests.builders import (
    GIB,
    NOON,
    agent,
    filesystem,
    host_metrics,
    interface,
    later,
    master,
    summary,
    write,
    write_machines,
    write_masters,
)

pytestmark = pytest.mark.django_db
HOST = "10.0.0.1"


def node(cluster: Cluster, at: float = 0, host: str = HOST) -> Node:
    found = machine.node(Cluster.objects.get(pk=cluster.pk), host, later(at))
    assert found is not None
    return found


def measured(**said: Any) -> Cluster:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent(HOST)))
    write_machines(cluster, host_metrics(HOST, **said))
    return cluster


def printed(cluster: Cluster, at: float = 0) -> dict[str, Printed]:
    found = dcos_cli.summary(node(cluster, at), dcos_cli.read(cluster, HOST))
    return {one.column: one for one in found}


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_the_summary_is_printed_by_its_own_formulas_beside_ours() -> None:
    disks = (filesystem("/", 30, 60), filesystem("/var", 80, 20))
    found = printed(measured(filesystems=disks))
    assert {column: one.printed for column, one in found.items()} == {
        "CPU": "1.50 (25.00%)",  # load over one minute, and busy
        "MEM": "5.37GiB (62.50%)",  # 8 GiB less 3 GiB free: 5 × 2³⁰ ÷ 10⁹
        "DISK": "32.21GiB (30.00%)",  # of /: 30 GiB of 100
    }
    assert {column: plain(one.ours) for column, one in found.items()} == {
        "CPU": "25 % busy, load 0.38 per core",
        "MEM": "2 GiB in use, 25 %",
        "DISK": "/var 80 % full",
    }


def test_what_the_machine_does_not_tell_is_a_dash_and_not_zero() -> None:
    found = printed(
        measured(metrics={"load.1min": None, "memory.free": None}, filesystems=(filesystem("/data", 1, 1),))
    )
    assert [one.printed for one in found.values()] == ["— (25.00%)", "— (—)", "— (—)"]


def test_old_figures_are_printed_as_they_were_and_ours_are_not_the_present() -> None:
    cluster = measured()
    write(cluster, summary(later(900), agent(HOST)))
    assert printed(cluster, 900)["MEM"].printed == "5.37GiB (62.50%)"
    assert plain(printed(cluster, 900)["MEM"].ours) == "— in use, —"


def test_details_are_rounded_as_the_command_line_rounds() -> None:
    cluster = measured(metrics={"load.1min": 0.42}, interfaces=(interface("eth0", 1.5e9, 2e9),))
    rows = dcos_cli.details(node(cluster), dcos_cli.read(cluster, HOST))
    found = {(row.name, row.tags): row.value for row in rows}
    assert found["load.1min", ""] == "0"
    assert found["cpu.total", ""] == "25.00%" and found["cpu.cores", ""] == "4"
    assert found["memory.total", ""] == "8.59GiB"
    assert found["process.count", ""] == "200" and found["system.uptime", ""] == "3600"
    assert found["filesystem.capacity.total", "path: /"] == f"{100 * GIB / 1e9:.2f}GiB"
    assert found["network.in", "interface: eth0"] == "1.50GiB"
    assert ("filesystem.inode.total", "path: /") not in found
    assert [row.name for row in rows] == sorted(row.name for row in rows)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({}, "ACTIVE"),
        ({"active": False}, "ACTIVE"),
        ({"active": False, "draining": True}, "DRAINING"),
        ({"active": False, "deactivated": True}, "DEACTIVATED"),
    ],
)
def test_the_list_reads_a_silent_agent_as_active(said: dict[str, bool], status: str) -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent(HOST, public=True, **said)))
    found = dict(dcos_cli.listed(node(cluster)))
    assert (found["STATUS"], found["TYPE"], found["ID"]) == (status, "agent (public)", f"id-of-{HOST}")


def test_a_master_is_listed_by_what_it_does() -> None:
    cluster = builders.cluster()
    write_masters(cluster, master("10.0.0.101"), master("10.0.0.102"))
    assert dict(dcos_cli.listed(node(cluster, host="10.0.0.101")))["TYPE"] == "master (leader)"
    assert dict(dcos_cli.listed(node(cluster, host="10.0.0.102")))["TYPE"] == "master (standby)"


def test_the_price(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = measured()
    with django_assert_num_queries(2):
        assert dcos_cli.read(cluster, HOST)["cpu.cores"] == 4
    assert dcos_cli.read(cluster, "10.9.9.9") == {}
