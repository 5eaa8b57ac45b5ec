from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Attempt, Channel, Cluster, Notice
from tests.api.conftest import PROD, Ask, Do
from tests.pages.alerting import alert, channel, notice, watched

NOTICES = f"{PROD}notices/"


@pytest.fixture
def cluster(db: None) -> Cluster:
    return watched()


def test_the_log_tells_who_was_told_of_what_and_each_try(cluster: Cluster, asked: Ask, now: datetime) -> None:
    owed = notice(alert(cluster), channel(), attempts=1)
    Attempt.objects.create(notice=owed, at=now, seconds=1.5, outcome="refused", detail="<script>")
    (row,) = asked(NOTICES)["results"]
    assert (row["id"], row["state"], row["channel"], row["rule"]) == (owed.pk, "owed", "mail ops@", "R38")
    assert (row["sent_at"], row["dead_at"], row["attempts"]) == (None, None, 1)
    assert row["next_at"] is not None
    (tried,) = row["tries"]
    assert (tried["seconds"], tried["outcome"]) == (1.5, "refused")
    assert tried["words"].endswith("— <script>")


def test_one_state_may_be_asked_for(cluster: Cluster, asked: Ask, now: datetime) -> None:
    fires, to = alert(cluster), channel()
    owed, sent = notice(fires, to), notice(fires, to, sent_at=now)
    dead = notice(fires, to, dead_at=now)
    notice(alert(watched("edge")), to)
    found = {state: [row["id"] for row in asked(NOTICES, state=state)["results"]] for state in ("owed", "sent", "dead")}
    assert found == {"owed": [owed.pk], "sent": [sent.pk], "dead": [dead.pk]}
    assert [row["id"] for row in asked(NOTICES)["results"]] == [dead.pk, sent.pk, owed.pk]


def test_pages_hold_each_once_while_more_are_owed(
    cluster: Cluster, asked: Ask, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    fires, to = alert(cluster), channel()
    ids = [notice(fires, to).pk for _ in range(15)]
    page = asked(NOTICES, limit=4)
    seen = [row["id"] for row in page["results"]]
    while page["next"]:
        notice(fires, to)
        with django_assert_num_queries(5):  # key, role; cluster, notices, tries
            page = asked(page["next"])
        seen += [row["id"] for row in page["results"]]
    assert seen == sorted(ids, reverse=True)


def test_what_was_given_up_is_taken_up_again_and_who_asked_is_told(cluster: Cluster, done: Do, now: datetime) -> None:
    to = channel()
    dead = notice(alert(cluster), to, dead_at=now - timedelta(hours=1))
    Channel.objects.update(waits_until=now + timedelta(minutes=2))
    again = done(f"{NOTICES}{dead.pk}/retry/")
    assert (again["state"], again["tries"][0]["words"]) == ("owed", "taken up again — by olga")
    to.refresh_from_db()
    assert to.waits_until is None


def test_what_was_sent_is_not_sent_again(cluster: Cluster, done: Do, now: datetime) -> None:
    sent = notice(alert(cluster), channel(), sent_at=now)
    assert done(f"{NOTICES}{sent.pk}/retry/", status=422)["detail"] == "It has been sent already."
    assert not Attempt.objects.exists()


def test_a_notice_of_another_cluster_is_out_of_reach(cluster: Cluster, done: Do, now: datetime) -> None:
    other = notice(alert(watched("edge")), channel(), dead_at=now)
    assert "There is no notice" in done(f"{NOTICES}{other.pk}/retry/", status=404)["detail"]
    assert Notice.objects.get(pk=other.pk).dead_at is not None
