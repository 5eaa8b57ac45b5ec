from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.models import Cluster, Container, ContainerListing, Reading, Subject
from dashboard.queries import containers_now
from tests import builders
from tests.builders import NOON, agent_containers, container_reading, later, write_containers

pytestmark = pytest.mark.django_db
HOST = "10.0.0.1"
WRITES = ("INSERT INTO ", "UPDATE ", "DELETE FROM ")


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def told(cluster: Cluster, seconds: float, *names: str, **said: object) -> list[str]:
    """A poll that lists these; the statements that wrote rows of containers or subjects."""
    at = later(seconds)
    with CaptureQueriesContext(connection) as queries:
        write_containers(
            cluster, agent_containers(HOST, *(container_reading(name, at, **said) for name in names), at=at), now=at
        )
    tables = ('"dashboard_container"', '"dashboard_subject"')
    said_sql = (query["sql"] for query in queries)
    written = (f"{start}{table}" for start in WRITES for table in tables)
    starts = tuple(written)
    return [sql for sql in said_sql if any(start in sql for start in starts)]


def now(container_id: str = "c1") -> Container:
    row = Container.objects.get(container_id=container_id)
    return containers_now.brought_up(row.cluster, [row])[0]


def test_while_nothing_is_said_anew_in_words_no_row_of_a_container_is_written(cluster: Cluster) -> None:
    assert told(cluster, 0, "c1", "c2")
    assert told(cluster, 60, "c1", "c2") == []
    assert Container.objects.get(container_id="c1").cpus_used is None
    assert now().cpus_used == pytest.approx(0.5)
    assert (now().listed_at, now().measured_at, Reading.objects.count()) == (later(60), later(60), 4)


def test_the_order_in_which_an_agent_lists_them_is_nothing_new(cluster: Cluster) -> None:
    told(cluster, 0, "c1", "c2", "c3")
    assert told(cluster, 60, "c3", "c1", "c2") == []
    assert [now(name).measured_at for name in ("c1", "c2", "c3")] == [later(60)] * 3


def test_rows_and_subjects_are_marked_every_ten_minutes(cluster: Cluster) -> None:
    for minute in range(11):
        told(cluster, 60 * minute, "c1")
    assert Container.objects.get().listed_at == later(600)
    assert Subject.objects.get(kind="container").last_seen == later(600)


def test_one_whose_row_or_subject_is_gone_is_looked_at_again(cluster: Cluster) -> None:
    told(cluster, 0, "c1")
    Reading.objects.all().delete()
    Subject.objects.filter(kind="container").delete()
    Container.objects.all().delete()
    told(cluster, 600, "c1")
    told(cluster, 660, "c1")
    assert (now().measured_at, Reading.objects.count()) == (later(660), 2)


def test_of_two_figures_the_later_counts_whoever_wrote_it(cluster: Cluster) -> None:
    told(cluster, 0, "c1")
    told(cluster, 60, "c1")
    Container.objects.update(measured_at=later(120), listed_at=later(120), cpus_used=7.0)  # as the release before does
    assert (now().cpus_used, now().measured_at) == (7.0, later(120))
    told(cluster, 180, "c1", "c2")
    assert now().measured_at == later(180) and now().cpus_used != 7.0


def test_one_that_ended_keeps_its_last_figures_in_its_row(cluster: Cluster) -> None:
    told(cluster, 0, "c1", "c2")
    told(cluster, 60, "c1", "c2")
    told(cluster, 120, "c2")
    row = Container.objects.get(container_id="c1")
    assert (row.ended_at, row.listed_at, row.measured_at) == (later(120), later(60), later(60))
    assert row.cpus_used == pytest.approx(0.5)


def test_a_name_that_a_framework_gets_is_written(cluster: Cluster) -> None:
    told(cluster, 0, "c1")
    builders.write(cluster, builders.summary(NOON, builders.agent(), frameworks=(builders.framework("marathon"),)))
    told(cluster, 60, "c1")
    assert Container.objects.get().framework_name == "marathon"


def test_the_listing_of_a_replaced_agent_goes_with_what_it_ran(cluster: Cluster) -> None:
    told(cluster, 0, "c1")
    answer = agent_containers(HOST, container_reading("c2", later(60)), agent_id="another", at=later(60))
    write_containers(cluster, answer, now=later(60))
    assert list(ContainerListing.objects.values_list("agent_id", flat=True)) == ["another"]
    assert Container.objects.get(container_id="c1").ended_at == later(60)
