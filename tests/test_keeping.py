from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from dashboard import keeping
from dashboard.models import Retention
from dashboard.tiers import Tier
from tests.builders import NOON

pytestmark = pytest.mark.django_db


def test_unless_said_otherwise_it_is_two_days_a_month_and_two_years() -> None:
    kept = keeping.kept()
    assert [kept.of(tier) for tier in Tier] == [timedelta(hours=48), timedelta(days=30), timedelta(days=730)]
    assert (kept.container_hours, kept.audit) == (timedelta(days=30), None)


def test_settings_say_it_until_an_operator_does(
    settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.HOURS_KEPT_DAYS, settings.AUDIT_KEPT_DAYS = 400, 90
    with django_assert_num_queries(1):
        kept = keeping.kept()
    assert (kept.hours, kept.audit) == (timedelta(days=400), timedelta(days=90))
    said = keeping.by_settings()
    said.pk, said.changed_at, said.hours_days, said.audit_days = 1, NOON, 500, 0
    said.save(force_insert=True)
    assert Retention.objects.count() == 1
    assert (keeping.kept().hours, keeping.kept().audit) == (timedelta(days=500), None)
