from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from dashboard.models import Cluster, Event, Retention, StoredSize, Upkeep
from dashboard.roles import Role
from tests import builders
from tests.builders import NOON
from tests.pages.conftest import said, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
PAGE, RETENTION = "/c/prod/storage/", "/c/prod/storage/retention/"
GIB = 1 << 30
HOSTILE = "<script>alert(1)</script>"
Part = StoredSize.Part


@pytest.fixture(autouse=True)
def prod(tmp_path: Path, settings: Settings) -> Cluster:
    settings.DATA_DIR = tmp_path
    return builders.cluster("prod")


@pytest.fixture
def admin(client: Client) -> Client:
    signed_in(client, Role.ADMIN, "ada")
    return client


def measured(days: int, *, free: int = 10 * GIB, growth: int = GIB) -> None:
    """Sizes of so many days up to today, the whole growing so much a day to 20 GiB."""
    for day in range(days):
        at = NOON - timedelta(days=day)
        whole = 20 * GIB - day * growth
        for part, size in ((Part.ALL, whole), (Part.RAW, whole // 2), (Part.HOURS, whole // 4), (Part.DISK_FREE, free)):
            rows = 1000 if part == Part.RAW else None
            StoredSize.objects.create(day=at.date(), part=part, bytes=size, rows=rows, measured_at=at)


def test_before_the_first_measurement_nothing_is_made_up(viewer: Client) -> None:
    page = said(viewer.get(PAGE))
    assert "Not measured yet" in page and "Nothing has been measured yet" in page
    assert "No chart yet: it is drawn from 2 days of sizes on, and 0 days are known" in page
    assert "not checked yet" in page and "no backup in the data folder" in page and "GiB stored" not in page


def test_one_day_of_sizes_tells_no_growth_and_no_day_on_which_it_is_full(viewer: Client) -> None:
    measured(1)
    page = said(viewer.get(PAGE))
    assert "20 GiB of 30 GiB, when it is full is not known yet: it takes 7 days of sizes" in page
    assert (
        "and 1 day is known" in page
        and "Raw as asked 48 h" in page
        and "2 years, containers 30 d" in page
        and "1,000 not known yet" in page
    )
    assert "Daily audit 1 d for ever not measured" in page, "a part that was not measured is no zero"


def test_days_of_sizes_tell_the_pace_and_when_the_disk_is_full(viewer: Client) -> None:
    measured(10)
    answer = viewer.get(PAGE)
    page = said(answer)
    assert "20 GiB of 30 GiB, full in 10 d. Of all clusters together, measured <1 s ago" in page
    assert "+1 GiB" in page and "+512 MiB" in page
    assert "Forecast" in page and "Room 30 GiB" in page and "data-chart" in answer.content.decode()


def test_sizes_that_grew_old_are_said_to_be(viewer: Client) -> None:
    at = NOON - timedelta(hours=4)
    StoredSize.objects.create(day=at.date(), part=Part.ALL, bytes=GIB, measured_at=at)
    assert "Sizes were last measured 4 h ago" in said(viewer.get(PAGE))


def test_jobs_tell_how_they_went_and_which_are_late(viewer: Client, prod: Cluster) -> None:
    ran = {"started_at": NOON, "ended_at": NOON, "succeeded_at": NOON, "outcome": "ok", "seconds": 1.5}
    Upkeep.objects.create(job="integrity", detail=HOSTILE, **ran | {"outcome": "corrupt"})
    Upkeep.objects.create(job="compaction", cluster=prod, **ran)
    long_ago = NOON - timedelta(days=2)
    Upkeep.objects.create(job="deletion", **ran | {"ended_at": long_ago, "succeeded_at": long_ago})
    answer = viewer.get(PAGE)
    page = said(answer)
    assert "Compaction Done <1 s ago" in page and "Deletion Late 2 d ago" in page
    assert "Integrity check Damaged" in page and "Backup Not yet" in page
    assert HOSTILE not in answer.content.decode()


def test_a_viewer_reads_the_lengths_and_cannot_change_them(viewer: Client) -> None:
    answer = viewer.get(f"{PAGE}?raw_hours=24")
    page = said(answer)
    assert "Every sample 48 h" in page and "Changing it needs the role admin" in page
    assert "<select" not in answer.content.decode().partition("<main")[2] and "→" not in page
    assert viewer.post(RETENTION, {"raw_hours": "168"}).status_code == 403
    assert not Retention.objects.exists()


def test_choosing_shows_the_change_and_changes_nothing(admin: Client) -> None:
    page = said(admin.get(f"{PAGE}?raw_hours=24"))
    assert "Every sample 48 h → 24 h" in page and "is deleted for good, of all clusters" in page
    page = said(admin.get(f"{PAGE}?raw_hours=168"))
    assert "Every sample 48 h → 7 d" in page and "deleted for good" not in page
    assert not Retention.objects.exists()


def test_shortening_must_be_agreed_to(admin: Client) -> None:
    answer = admin.post(RETENTION, {"raw_hours": "24"}, follow=True)
    assert "Nothing was changed. Shortening deletes what is older, for good" in answer.content.decode()
    assert "Every sample 48 h → 24 h" in said(answer)
    assert not Retention.objects.exists() and not Event.objects.exists()
    answer = admin.post(RETENTION, {"raw_hours": "24", "agreed": "yes"}, follow=True)
    assert "Saved: Every sample 48 h → 24 h" in answer.content.decode() and "set <1 s ago by ada" in said(answer)
    assert Retention.objects.get().raw_hours == 24


def test_lengthening_is_saved_at_once_and_told_in_every_cluster(admin: Client) -> None:
    builders.cluster("lab")
    admin.post(RETENTION, {"five_minutes_days": "90"})
    kept = Retention.objects.get()
    assert (kept.five_minutes_days, kept.raw_hours, str(kept.changed_by)) == (90, 48, "ada")
    told = Event.objects.values_list("cluster__name", "subject", "name", "by")
    words = "5-minute figures 30 d → 90 d"
    assert sorted(told) == [("lab", "retention", words, "ada"), ("prod", "retention", words, "ada")]
    admin.post(RETENTION, {"five_minutes_days": "90"})
    assert Event.objects.count() == 2, "the same again is no change"


@pytest.mark.parametrize("value", ["1", "0", "-1", "", "9" * 30, "²", "24; DROP"])
def test_what_is_no_choice_is_refused(admin: Client, value: str) -> None:
    answer = admin.post(RETENTION, {"raw_hours": value, "agreed": "yes"}, follow=True)
    assert "Nothing was changed. Every sample: 24 h, 48 h, 7 d." in answer.content.decode()
    assert not Retention.objects.exists()


def test_only_a_post_with_its_token_changes_anything(admin: Client) -> None:
    assert admin.get(RETENTION, {"raw_hours": "168"}).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    signed_in(strict, Role.ADMIN, "eve")
    assert strict.post(RETENTION, {"raw_hours": "168"}).status_code == 403
    assert not Retention.objects.exists()


def test_the_csv_has_the_parts_that_were_measured_in_bytes(viewer: Client) -> None:
    measured(1)
    answer = viewer.get(f"{PAGE}storage.csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))
    assert [(row["part"], row["bytes"]) for row in rows] == [("raw", str(10 * GIB)), ("hours", str(5 * GIB))]
    assert rows[0]["growth_bytes_per_day"] == "" and rows[0]["measured_at"] == "2026-11-22T12:00:00Z"


def test_the_queries_do_not_grow_with_the_days_of_sizes(viewer: Client) -> None:
    measured(1)
    viewer.get(PAGE)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            viewer.get(PAGE)
        counts.append(len(queries))
        StoredSize.objects.all().delete()
        measured(80, growth=GIB // 10)
    assert counts[0] == counts[1] <= 24
