from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collectors.records import Harvest
from dashboard.models import Cluster, Event, ProcessFlags
from tests import builders
from tests.builders import NOON, agent, flags, later, summary, write, write_harvest

pytestmark = pytest.mark.django_db

HOST = "10.0.0.1"


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def told() -> list[tuple[str, str, str, str]]:
    return list(Event.objects.filter(kind="flag").order_by("pk").values_list("subject", "place", "before", "after"))


def test_the_flags_of_masters_and_agents_have_a_row_each(cluster: Cluster) -> None:
    write(cluster, flags(HOST))
    write(cluster, flags(HOST, agent_id="", flags={"quorum": "2"}))
    said = {row.role: row.flags for row in ProcessFlags.objects.filter(host=HOST)}
    assert said == {"agent": {"isolation": "cgroups/cpu,cgroups/mem", "gc_delay": "2days"}, "master": {"quorum": "2"}}
    assert told() == []


def test_a_flag_that_changed_is_an_event_and_the_others_are_none(cluster: Cluster) -> None:
    write(cluster, flags(HOST, flags={"isolation": "a", "gc_delay": "2days", "launcher": "posix"}))
    write(cluster, flags(HOST, later(3600), flags={"isolation": "b", "gc_delay": "2days", "offer_timeout": "9secs"}))
    assert told() == [
        ("agent/isolation", HOST, "a", "b"),
        ("agent/launcher", HOST, "posix", ""),
        ("agent/offer_timeout", HOST, "", "9secs"),
    ]
    row = ProcessFlags.objects.get()
    assert (row.taken_at, row.flags["isolation"]) == (later(3600), "b")


def test_the_same_flags_again_are_no_news_but_as_new_as_the_answer(cluster: Cluster) -> None:
    for seconds in (0, 3600):
        write(cluster, flags(HOST, later(seconds)))
    assert (told(), ProcessFlags.objects.get().taken_at) == ([], later(3600))


def test_a_flag_of_any_length_is_kept_whole_and_told_short(cluster: Cluster) -> None:
    for end in "ab":
        write(cluster, flags(HOST, later(ord(end)), flags={"attributes": "x" * 9000 + end}))
    assert len(ProcessFlags.objects.get().flags["attributes"]) == 9001
    assert [len(value) for value in told()[0][2:]] == [255, 255]


def test_two_agents_on_one_host_do_not_change_each_others_flags(cluster: Cluster) -> None:
    write(cluster, summary(NOON, agent(HOST, agent_id="S1"), agent(HOST, agent_id="S2", port=5052)))
    for seconds in (0, 3600):
        for name in ("S1", "S2"):
            write(cluster, flags(HOST, later(seconds), agent_id=name, flags={"resources": f"cpus:{name}"}))
    assert (told(), ProcessFlags.objects.count()) == ([], 2)


def test_the_number_of_queries_does_not_grow_with_the_processes(cluster: Cluster) -> None:
    counted = []
    for count in (2, 150):
        said = tuple(flags(f"10.0.{count}.{place}") for place in range(count))
        with CaptureQueriesContext(connection) as queries:
            write_harvest(cluster, "flags", Harvest(records=said), now=NOON)
        counted.append(len(queries))
    assert counted[0] == counted[1]
