from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from dashboard.models import Cluster, Event, Retention, StoredSize, Upkeep
from dashboard.queries.storage import Part
from dashboard.roles import Role
from dashboard.store import sizes
from dashboard.store.tokens import make
from tests.api.conftest import CANARY, Ask, Do, user

pytestmark = pytest.mark.django_db
STORAGE = "/api/v1/storage/"
GIB = 1 << 30


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def ada(now: datetime) -> Do:
    """POST of JSON with an admin's key; the status must be the one expected."""
    signed = {"Authorization": f"Token {make(user(Role.ADMIN, 'ada'), 'tests', now=now)}"}

    def do(path: str, *, status: int = 200, **sent: object) -> dict[str, object]:
        response = Client().post(path, sent, content_type="application/json", headers=signed)
        assert response.status_code == status, response.content
        found: dict[str, object] = response.json()
        return found

    return do


def test_before_the_first_measurement_sizes_are_null_and_not_zero(asked: Ask) -> None:
    found = asked(STORAGE)
    assert (found["bytes"], found["measured_at"], found["disk_free_bytes"], found["parts"]) == (None, None, None, [])
    assert found["why_not_full"] == "not measured yet" and found["jobs"] == []


def test_sizes_are_those_that_were_measured(asked: Ask, prod: Cluster, now: datetime) -> None:
    sizes.run(lambda: now)
    found = asked(STORAGE)
    whole = StoredSize.objects.get(part=Part.ALL)
    parts = {part["part"]: part for part in found["parts"]}
    assert found["bytes"] == whole.bytes > 0 and datetime.fromisoformat(found["measured_at"]) == whole.measured_at
    assert parts["readings"]["rows"] > 0 and parts["readings"]["bytes_per_day"] is None
    assert (parts["readings"]["bytes_per_day_low"], parts["readings"]["bytes_per_day_high"]) == (None, None)
    assert not {"disk_free", "disk_total"} & parts.keys()
    assert [(one["job"], one["outcome"], one["cluster"], one["late"]) for one in found["jobs"]] == [
        ("measure", "ok", None, False)
    ]
    assert CANARY not in str(found)


def test_growth_and_the_days_to_a_full_disk_are_told_from_seven_days_on(asked: Ask, now: datetime) -> None:
    for ago in range(8):
        at = now - timedelta(days=ago)
        for part, size in ((Part.ALL, (20 - ago) * GIB), (Part.DISK_FREE, 10 * GIB), (Part.DISK_TOTAL, 100 * GIB)):
            StoredSize.objects.create(day=at.date(), part=part, bytes=size, measured_at=at)
    found = asked(STORAGE)
    assert found["full_in_days_soonest"] == pytest.approx(10) and found["why_not_full"] is None
    assert (found["disk_free_bytes"], found["disk_total_bytes"]) == (10 * GIB, 100 * GIB)
    paces = [found["parts"][0][name] for name in ("bytes_per_day_low", "bytes_per_day", "bytes_per_day_high")]
    assert paces == pytest.approx([GIB] * 3)


def test_a_job_of_a_cluster_names_it_and_a_late_one_says_so(asked: Ask, prod: Cluster, now: datetime) -> None:
    long_ago = now - timedelta(days=2)
    Upkeep.objects.create(job="compaction", cluster=prod, outcome="failed", detail="no room", started_at=long_ago)
    job = asked(STORAGE)["jobs"][0]
    assert (job["cluster"], job["outcome"], job["detail"], job["late"]) == ("prod", "failed", "no room", True)


def test_it_takes_no_more_queries_however_much_there_is(
    asked: Ask, prod: Cluster, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    sizes.run(lambda: now)
    asked(STORAGE)  # the first use of a key is noted
    with django_assert_num_queries(6):  # key, role; sizes, safety, jobs, retention
        asked(STORAGE)


def test_what_nobody_changed_is_kept_as_the_settings_say(asked: Ask, settings: Settings) -> None:
    settings.READINGS_KEPT_HOURS = 36
    kept = asked(STORAGE)["retention"]
    assert (kept["raw_hours"], kept["changed_at"], kept["changed_by"]) == (36, None, None)


def test_an_admin_lengthens_and_each_cluster_is_told(ada: Do, prod: Cluster) -> None:
    kept = ada(STORAGE, raw_hours=168)
    assert (kept["raw_hours"], kept["changed_by"]) == (168, "ada")
    assert Retention.objects.get().raw_hours == 168
    told = Event.objects.get(cluster=prod, subject=Event.RETENTION)
    assert (told.by, told.name) == ("ada", "Every sample 48 h → 7 d")


def test_shortening_has_to_be_agreed_to(ada: Do) -> None:
    refused = ada(STORAGE, status=422, raw_hours=24)
    assert "Shortening deletes" in str(refused["detail"]) and not Retention.objects.exists()
    assert ada(STORAGE, raw_hours=24, agreed=True)["raw_hours"] == 24


def test_a_length_that_is_none_of_the_choices_is_refused_by_its_name(ada: Do) -> None:
    refused = ada(STORAGE, status=422, hours_days=3, agreed=True)
    assert refused["errors"].keys() == {"hours_days"} and not Retention.objects.exists()
    ada(STORAGE, status=400, raw_hours="168")
    ada(STORAGE, status=400, forever=True)


def test_an_operator_may_not_change_it(done: Do, olga: User) -> None:
    refused = done(STORAGE, status=403, raw_hours=168)
    assert "admin" in refused["detail"] and not Retention.objects.exists()
