from __future__ import annotations

import pytest

from dashboard.models import Cluster, Event, Node, Poll, Reading, Subject
from dashboard.store import clusters
from tests import builders
from tests.builders import NOON, later, master, summary, write, write_masters

pytestmark = pytest.mark.django_db


def test_changing_a_connection_leaves_what_polls_wrote_while_it_was_tested() -> None:
    stale = builders.cluster()
    write_masters(stale, master("10.0.0.101"))
    write(stale, summary(later(10)))
    stale.url = "http://other.test"
    clusters.save(stale, master_urls=(), token=None, now=later(20))
    kept = Cluster.objects.get()
    assert (kept.url, kept.leader_host, kept.agents_active) == ("http://other.test", "10.0.0.101", 1)


def test_a_removed_cluster_leaves_nothing_and_its_neighbour_everything() -> None:
    doomed, neighbour = builders.cluster("doomed"), builders.cluster("neighbour")
    for cluster in (doomed, neighbour):
        write(cluster, summary(NOON))
        Poll.objects.create(cluster=cluster, source="summary", due_at=NOON)
    before = Reading.objects.count()
    clusters.remove(doomed)
    assert (Reading.objects.count(), Node.objects.get().cluster) == (before // 2, neighbour)
    assert set(Subject.objects.values_list("cluster", flat=True)) == {neighbour.pk}
    assert not Event.objects.filter(cluster_id=doomed.pk).exists() and Poll.objects.get().cluster == neighbour
