from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster, NodeHealth
from tests import builders
from tests.builders import node_health, report, unit, write
from tests.pages.conftest import words

pytestmark = pytest.mark.django_db
PAGE = "/c/prod/components/dcos-net.service/nodes/10.0.0.1/"
QUERIES = 12
"""Session, user, role, cluster, six of the unit on the node, clusters of the switcher, age in the bar."""


def told(output: str = "", *, health: int = 0, seconds_ago: float = 30) -> None:
    cluster = Cluster.objects.first() or builders.cluster()
    nodes = (node_health("10.0.0.1", unit(health=health, output=output)), node_health("10.0.0.2"))
    write(cluster, report(timezone.now() - timedelta(seconds=seconds_ago), *nodes))


def pre(page: str) -> list[str]:
    return re.findall(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)


def test_what_it_is_what_it_says_and_how_to_look_further(viewer: Client) -> None:
    told("exited with 1", health=1)
    NodeHealth.objects.filter(host="10.0.0.1").update(mesos_id="a1-S3")
    page = viewer.get(PAGE)
    said = words(page)
    assert "net.service on 10.0.0.1 dcos-net.service Unhealthy — since" in said
    assert "The same unit on the other node: Healthy on 1." in said
    assert "Summary does it A service: a program that systemd keeps running." in said
    assert pre(page.content.decode())[0] == "exited with 1"
    assert "dcos node ssh --master-proxy --mesos-id=a1-S3" in said and "journalctl -u dcos-net.service" in said
    assert "Same unit elsewhere 1 of 1 healthy" in said and "All 2 nodes" in said


def test_a_healthy_unit_says_ok(viewer: Client) -> None:
    told()
    assert pre(viewer.get(PAGE).content.decode())[0] == "OK"


def test_output_is_shown_and_never_done(viewer: Client) -> None:
    told("<script>alert(1)</script>\x1b[31m\u202egnp.exe", health=1)
    page = viewer.get(PAGE).content.decode()
    assert pre(page)[0] == "&lt;script&gt;alert(1)&lt;/script&gt;&lt;U+001B&gt;[31m&lt;U+202E&gt;gnp.exe"
    assert "\x1b" not in page and "\u202e" not in page


def test_the_day_is_a_strip_and_a_table(viewer: Client) -> None:
    told(seconds_ago=600)
    told(health=1, seconds_ago=300)
    told(seconds_ago=30)
    said = words(viewer.get(PAGE))
    assert "Last 24 h 2 changes" in said
    assert re.search(r"Healthy 30 s .*Unhealthy 4 min 30 s .*Healthy 5 min", said.replace("31 s", "30 s"))


def test_old_figures_are_called_old(viewer: Client) -> None:
    told("was fine", seconds_ago=3600)
    said = words(viewer.get(PAGE))
    assert "No data — since" in said and "was Healthy" in said and "nothing newer is known" in said


@pytest.mark.parametrize("address", [PAGE.replace("10.0.0.1", "10.9.9.9"), PAGE.replace("dcos-net", "dcos-nothing")])
def test_an_unknown_node_or_unit_is_a_404_in_words(viewer: Client, address: str) -> None:
    told()
    answer = viewer.get(address)
    assert answer.status_code == 404 and "There is nothing at this address" in answer.content.decode()


def test_the_price(viewer: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    told()
    with django_assert_num_queries(QUERIES):
        viewer.get(PAGE)
