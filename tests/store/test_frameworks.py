from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.models import Event, Framework
from tests import builders
from tests.builders import NOON, framework, later, summary, write

pytestmark = pytest.mark.django_db


def test_a_framework_that_is_no_longer_listed_has_completed_and_is_written_no_more() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, frameworks=(framework("marathon"), framework("spark-7"))))
    for seconds in (10, 20):
        with CaptureQueriesContext(connection) as captured:
            write(cluster, summary(later(seconds), frameworks=(framework("marathon"),)))
    assert Framework.objects.get(name="spark-7").state == Framework.State.COMPLETED
    (upsert,) = [query["sql"] for query in captured if query["sql"].startswith('INSERT INTO "dashboard_framework"')]
    assert "marathon" in upsert and "spark-7" not in upsert
    told = Event.objects.filter(kind=Event.Kind.FRAMEWORK_STATE).values_list("name", "before", "after")
    assert list(told) == [("spark-7", "active", "completed")]


def test_a_completed_framework_that_registers_again_is_active() -> None:
    cluster = builders.cluster()
    for seconds, listed in ((0, True), (10, False), (20, True)):
        write(cluster, summary(later(seconds), frameworks=(framework(),) if listed else ()))
    assert Framework.objects.get().state == Framework.State.ACTIVE
