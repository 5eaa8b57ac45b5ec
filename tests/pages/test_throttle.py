from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.models import SignInTry
from dashboard.pages import throttle

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def tries(count: int, name: str = "ana", address: str = "10.0.0.1") -> list[timedelta | None]:
    return [throttle.begin(name, address, NOON + timedelta(seconds=second)) for second in range(count)]


def test_ten_tries_are_free_and_the_eleventh_waits_for_the_first_to_age() -> None:
    assert tries(10) == [None] * 10
    assert throttle.begin("ana", "10.0.0.1", NOON + timedelta(minutes=5)) == timedelta(minutes=10)


def test_a_refused_try_does_not_prolong_the_wait() -> None:
    tries(30)
    assert throttle.begin("ana", "10.0.0.1", NOON + throttle.WINDOW) is None


def test_a_stranger_elsewhere_locks_nobody_out() -> None:
    tries(20, name="Ana", address="10.6.6.6")
    assert throttle.begin("ana", "10.0.0.1", NOON) is None


def test_a_user_name_is_the_same_in_any_case() -> None:
    tries(9, name="Ana")
    throttle.succeeded("ana", "10.0.0.1", NOON + timedelta(seconds=8))
    assert not SignInTry.objects.filter(key=throttle._keys("ANA", "10.0.0.1")[0]).exists()


def test_an_address_is_counted_for_all_names() -> None:
    for number in range(10):
        throttle.begin(f"user{number}", "10.0.0.1", NOON)
    assert throttle.begin("another", "10.0.0.1", NOON) == throttle.WINDOW


def test_without_an_address_only_the_name_counts() -> None:
    for number in range(20):
        assert throttle.begin(f"user{number}", "", NOON) is None


def test_signing_in_forgets_the_name_but_not_what_else_the_address_tried() -> None:
    tries(5, name="ana")
    tries(4, name="ben")
    throttle.succeeded("ana", "10.0.0.1", NOON + timedelta(seconds=4))
    assert SignInTry.objects.count() == 4 + (5 + 4 - 1)


def test_what_was_typed_is_not_kept() -> None:
    throttle.begin("my password", "10.0.0.1", NOON)
    assert all("password" not in key for key in SignInTry.objects.values_list("key", flat=True))


def test_old_tries_are_deleted() -> None:
    tries(10)
    throttle.begin("zoe", "10.0.0.9", NOON + timedelta(hours=1))
    assert SignInTry.objects.count() == 2
