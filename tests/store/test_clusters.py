from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from collectors.login import Account
from dashboard.models import Cluster, Credential, Event, Node, Poll, Reading, Subject
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


def test_a_token_or_an_account_is_sealed_and_one_takes_the_others_place() -> None:
    cluster, ana = builders.cluster(), Account("ana", "p4ss-word")
    for given in (clusters.Secrets(token="a.b.c"), clusters.Secrets(account=ana), clusters.Secrets(token="d.e.f")):
        clusters.save(cluster, master_urls=(), token=given.token, account=given.account, now=NOON)
        assert clusters.secrets_of(cluster) == given
        assert not any(secret in bytes(Credential.objects.get().sealed) for secret in (b"ana", b"p4ss", b"a.b.c"))
    clusters.save(cluster, master_urls=(), now=NOON)
    assert clusters.secrets_of(cluster).token == "d.e.f"
    clusters.save(cluster, master_urls=(), now=NOON, forget_credential=True)
    assert clusters.secrets_of(cluster) == clusters.Secrets() and not clusters.Secrets().given


def test_opening_what_is_sealed_costs_one_query_and_shows_nothing(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    cluster = builders.cluster()
    clusters.save(cluster, master_urls=(), account=Account("ana", "p4ss-word"), now=NOON)
    with django_assert_num_queries(1):
        secrets = clusters.secrets_of(cluster)
    assert "p4ss-word" not in repr(secrets) and "a.b.c" not in repr(clusters.Secrets(token="a.b.c"))
