"""Rows found by a statement that is made once are what Django's own query finds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from pytest_django import DjangoAssertNumQueries

from dashboard import statements
from dashboard.models import ApiToken, Cluster, Collection, Layout, Poll
from dashboard.store import tokens
from tests import builders

NOON = datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def told(one: Model) -> dict[str, object]:
    return {field.attname: getattr(one, field.attname) for field in one._meta.concrete_fields}


def test_every_column_is_as_django_reads_it() -> None:
    builders.cluster("one")
    cluster = builders.cluster("two")
    builders.write(cluster, builders.summary(NOON))
    Layout.objects.create(names=["a", "b"], digest="1")
    poll = Poll.objects.create(cluster=cluster, source="summary", due_at=NOON, ended_at=NOON)
    (found,) = statements.found(Cluster, name="two")
    assert found == cluster
    assert told(found) == told(Cluster.objects.get(name="two"))
    assert [told(one) for one in statements.found(Poll, pk_of(Poll), [poll.pk], cluster_id=cluster.pk)] == [
        told(Poll.objects.get(pk=poll.pk))
    ]
    (layout,) = statements.found(Layout, digest="1")
    assert layout.names == ["a", "b"]
    rows = {row.pk: told(row) for row in statements.found(Collection, cluster_id=cluster.pk)}
    assert rows == {row.pk: told(row) for row in Collection.objects.filter(cluster=cluster)} != {}


def pk_of(model: type[Model]) -> str:
    return f"a.{connection.ops.quote_name(model._meta.pk.column)} = %s"


def test_what_was_found_can_be_changed_and_is_not_made_anew() -> None:
    builders.cluster("one")
    (found,) = statements.found(Cluster, name="one")
    found.enabled = False
    found.save(update_fields=["enabled"])
    assert [one.enabled for one in Cluster.objects.all()] == [False]


def test_nothing_is_found_by_what_only_looks_like_sql() -> None:
    builders.cluster("one")
    assert statements.found(Cluster, name="' OR 1=1 --") == []
    assert statements.found(Cluster, name="%s") == []


def test_a_token_comes_with_its_user_in_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    user = User.objects.create_user("ada", last_login=NOON)
    tokens.make(User.objects.create_user("bob"), "other", now=NOON)
    tokens.make(user, "mine", now=NOON)
    with django_assert_num_queries(1):
        (found,) = statements.found_with(ApiToken, "user", name="mine")
        assert told(found.user) == told(user)
    assert told(found) == told(ApiToken.objects.get(name="mine"))


def test_who_is_locked_out_or_revoked_is_refused_by_the_next_use() -> None:
    user = User.objects.create_user("ada")
    key = tokens.make(user, "mine", now=NOON)
    assert tokens.use(key, NOON) is not None
    User.objects.update(is_active=False)
    assert tokens.use(key, NOON + timedelta(seconds=1)) is None
    User.objects.update(is_active=True)
    assert tokens.use(key, NOON + timedelta(seconds=2)) is not None
    tokens.revoke(user, "mine")
    assert tokens.use(key, NOON + timedelta(seconds=3)) is None


def test_of_many_rows_some_fields_alone_are_told() -> None:
    cluster = builders.cluster("one")
    moments = [NOON, NOON + timedelta(minutes=1)]
    for due_at, ended_at in zip(moments, [NOON, None], strict=True):
        Poll.objects.create(cluster=cluster, source="summary", due_at=due_at, ended_at=ended_at)
    names = ("id", "ended_at", "due_at")
    rows = statements.told(Poll, names, cluster_id=cluster.pk, source="summary")
    assert sorted(rows) == list(Poll.objects.order_by("pk").values_list(*names))
    assert statements.told(Poll, names, cluster_id=cluster.pk, source="nodes") == []
