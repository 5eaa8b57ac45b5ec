from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.models import Attempt, Channel, Cluster, Notice
from dashboard.roles import Role
from tests import builders, notices_owed
from tests.pages.alerting import HOUR, watched
from tests.pages.conftest import said, signed_in

pytestmark = pytest.mark.django_db
PAGE = "/c/prod/alerts/deliveries/"
CSV = f"{PAGE}deliveries.csv"
RETRY = f"{PAGE}retry/"
HOSTILE = "</td><script>alert(1)</script>\u202e"


@pytest.fixture
def cluster() -> Cluster:
    return watched()


def ops() -> Channel:
    return Channel.objects.filter(name="ops").first() or notices_owed.channel("ops")


def notice(cluster: Cluster | None, **columns: Any) -> Notice:
    """One that was owed an hour ago and not tried."""
    number, then = Notice.objects.count(), timezone.now() - HOUR
    columns = {"kind": "problem", "severity": "critical", "subject": f"subject {number}.", "text": "text", **columns}
    columns = {"channel": ops(), "created_at": then, "next_at": then, "alerts": 1, **columns}
    return Notice.objects.create(cluster=cluster, key=f"k{number}", thread=f"t{number}", **columns)


def tried(of: Notice, outcome: str = "ok", detail: str = "", ago: timedelta = HOUR, seconds: float = 0.4) -> None:
    Attempt.objects.create(notice=of, at=timezone.now() - ago, seconds=seconds, outcome=outcome, detail=detail)


def three(cluster: Cluster) -> dict[str, Notice]:
    """One owed that failed once, one sent at its second try, one given up."""
    now = timezone.now()
    owed = notice(cluster, subject="it is owed", attempts=1, next_at=now + timedelta(minutes=5, seconds=1))
    tried(owed, "refused", "hooks.example.org refused the connection")
    sent = notice(cluster, subject="it was sent", attempts=2, sent_at=now - HOUR + timedelta(seconds=14.5))
    tried(sent, "server_error", "answered 503", ago=HOUR)
    tried(sent, "ok", "answered 200", ago=HOUR - timedelta(seconds=12))
    dead = notice(cluster, subject="it was given up", attempts=200, dead_at=now, created_at=now - 24 * HOUR)
    tried(dead, "timeout_body", "no whole answer", seconds=15.0)
    return {"owed": owed, "sent": sent, "dead": dead}


def test_each_notice_tells_to_whom_how_it_went_and_every_try_in_words(viewer: Client, cluster: Cluster) -> None:
    three(cluster)
    text = said(viewer.get(PAGE))
    assert "1 waiting, oldest 1 h, 1 given up. Notices about all clusters, and tests, newest first." in text
    assert "Owed for 1 h, next try in " in text and "At try 2 after 14 s" in text and "Given up" in text
    assert "0.40 s connection refused — hooks.example.org refused the connection" in text
    assert "taken — answered 200" in text and "15.0 s the answer was too slow — no whole answer" in text
    assert "Problem, prod, 1 alert it was sent" in text
    assert text.index("it was given up") < text.index("it was sent") < text.index("it is owed")


def test_exactly_what_was_said_can_be_read(viewer: Client, cluster: Cluster) -> None:
    notice(cluster, text="WARNING on prod\n\n  10.0.0.1: 91 % full\n")
    body = viewer.get(PAGE).content.decode()
    assert "<details" in body and "WARNING on prod\n\n  10.0.0.1: 91 % full\n</pre>" in body


def test_an_empty_log_is_a_fact_and_so_is_a_filter_that_hides_all(viewer: Client, cluster: Cluster) -> None:
    text = said(viewer.get(PAGE))
    assert "Nothing waits." in text and "No notice yet" in text and "needs the role operator" in text
    three(cluster)
    Notice.objects.exclude(sent_at=None).delete()
    assert "No notice matches" in said(viewer.get(PAGE, {"state": "sent"}))


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({}, {"owed", "sent", "dead"}),
        ({"state": "owed"}, {"owed"}),
        ({"state": "sent"}, {"sent"}),
        ({"state": "dead"}, {"dead"}),
        ({"state": "lost' OR 1=1"}, {"owed", "sent", "dead"}),
        ({"channel": "9" * 30, "before": "²"}, {"owed", "sent", "dead"}),
        ({"before": "9" * 18}, {"owed", "sent", "dead"}),
        ({"of": "here"}, {"owed", "sent", "dead"}),
        ({"of": "elsewhere"}, {"owed", "sent", "dead"}),
    ],
)
def test_the_log_is_narrowed_by_what_is_on_a_list_only(
    viewer: Client, cluster: Cluster, asked: dict[str, str], shown: set[str]
) -> None:
    made = three(cluster)
    body = viewer.get(PAGE, asked).content.decode()
    assert {name for name, one in made.items() if f'id="notice-{one.pk}"' in body} == shown


def test_the_log_is_narrowed_to_a_channel_and_to_this_cluster_and_so_are_its_counts(
    viewer: Client, cluster: Cluster
) -> None:
    other = notices_owed.channel("other")
    notice(builders.cluster("lab"), subject="of the lab", channel=other)
    notice(cluster, subject="of prod")
    narrowed = said(viewer.get(PAGE, {"channel": str(other.pk)}))
    assert "of the lab" in narrowed and "of prod" not in narrowed and "1 waiting" in narrowed
    here = said(viewer.get(PAGE, {"of": "here"}))
    assert "of prod" in here and "of the lab" not in here and "1 waiting" in here and "Notices about prod" in here
    assert "2 waiting" in said(viewer.get(PAGE))


def test_a_long_log_is_paged_by_key_without_gap_or_repeat_though_more_come(viewer: Client, cluster: Cluster) -> None:
    made = [notice(cluster).pk for _ in range(120)]
    seen, address = [], PAGE
    while address:
        body = viewer.get(address).content.decode()
        seen += [int(number) for number in re.findall(r'id="notice-(\d+)"', body)]
        link = re.search(r'href="([^"]+)" rel="next"', body)
        address = PAGE + link[1].replace("&amp;", "&") if link else ""
        notice(cluster)
    assert seen == made[::-1]
    assert "Nothing is older" in said(viewer.get(PAGE, {"before": "1"}))


def test_the_page_takes_as_many_queries_for_a_thousand_notices_and_fifty_channels_as_for_one(
    viewer: Client, cluster: Cluster
) -> None:
    tried(notice(cluster, attempts=1), "refused")
    with CaptureQueriesContext(connection) as one:
        viewer.get(PAGE)
    made = [notices_owed.channel(f"channel {number}") for number in range(50)]
    now, known = timezone.now(), {"cluster": cluster, "kind": "problem", "severity": "critical", "alerts": 1}
    Notice.objects.bulk_create(
        Notice(
            channel=made[n % 50],
            key=f"n{n}",
            thread=f"n{n}",
            created_at=now,
            next_at=now,
            subject="s",
            text="t",
            **known,
        )
        for n in range(1000)
    )
    Attempt.objects.bulk_create(
        Attempt(notice=one, at=now, seconds=0.1, outcome="refused") for one in Notice.objects.all() for _ in range(30)
    )
    with CaptureQueriesContext(connection) as many:
        body = viewer.get(PAGE).content.decode()
    assert body.count('id="notice-') == 50 and "1,001\u00a0waiting" not in body and "1,001 waiting" in body
    assert len(many.captured_queries) == len(one.captured_queries) <= 14


def test_what_was_given_up_is_told_loud_and_taken_up_again_with_one_press(operator: Client, cluster: Cluster) -> None:
    dead = three(cluster)["dead"]
    assert "1 notice could not be sent for 24 h" in said(operator.get(PAGE))
    answer = operator.post(RETRY, {"notice": str(dead.pk), "back": "?state=dead&of=here"}, follow=True)
    assert answer.redirect_chain[-1][0] == f"{PAGE}?state=dead&of=here"
    assert "1\u00a0notice is taken up again, for 24 h: its channel is tried at once." in answer.content.decode()
    dead.refresh_from_db()
    assert dead.dead_at is None and dead.next_at <= timezone.now() and dead.gives_up_at is not None
    assert "taken up again — by olga" in said(operator.get(PAGE))


def test_all_dead_letters_of_a_page_are_taken_up_in_few_queries(operator: Client, cluster: Cluster) -> None:
    made = [notice(cluster, dead_at=timezone.now()) for _ in range(60)]
    body = operator.get(PAGE, {"state": "dead"}).content.decode()
    shown = re.findall(r'name="shown" value="(\d+)"', body)
    assert len(shown) == 50 and "Retry all 50 on this page" in body
    with CaptureQueriesContext(connection) as asked:
        operator.post(RETRY, {"all": "yes", "shown": shown})
    assert Notice.objects.filter(dead_at=None).count() == 50 and len(asked.captured_queries) <= 14
    assert set(Notice.objects.exclude(dead_at=None)) == set(made[:10])


def test_neither_what_was_sent_nor_a_test_is_sent_again(operator: Client, cluster: Cluster) -> None:
    sent = three(cluster)["sent"]
    failed = notice(None, kind="test", dead_at=timezone.now(), attempts=1)
    text = said(operator.get(PAGE))
    assert "Not delivered" in text and text.count("Retry now") == 2
    for number in (str(sent.pk), str(failed.pk), "77777", "x", "9" * 40):
        answer = operator.post(RETRY, {"notice": number}, follow=True)
        assert "Nothing was taken up again" in answer.content.decode()
    failed.refresh_from_db()
    assert failed.dead_at is not None and not Attempt.objects.filter(outcome="retry_asked").exists()


def test_a_viewer_reads_and_retries_nothing(viewer: Client, cluster: Cluster) -> None:
    dead = three(cluster)["dead"]
    assert "Retry now" not in said(viewer.get(PAGE))
    assert viewer.post(RETRY, {"notice": str(dead.pk)}).status_code == 403
    dead.refresh_from_db()
    assert dead.dead_at is not None


def test_a_retry_is_a_post_with_its_token_and_leads_nowhere_else(cluster: Cluster) -> None:
    dead = three(cluster)["dead"]
    strict = Client(enforce_csrf_checks=True)
    signed_in(strict, Role.OPERATOR)
    assert strict.get(RETRY).status_code == 405
    assert strict.post(RETRY, {"notice": str(dead.pk)}).status_code == 403
    loose = Client()
    signed_in(loose, Role.OPERATOR, "otto")
    answer = loose.post(RETRY, {"notice": str(dead.pk), "back": "//evil.example.org/?state=sent'"})
    assert answer["Location"] == f"{PAGE}?"


def test_the_csv_has_a_line_for_each_notice_with_its_last_try_and_no_formula(viewer: Client, cluster: Cluster) -> None:
    three(cluster)
    notice(cluster, subject='=HYPERLINK("http://evil")')
    answer = viewer.get(CSV)
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert [row["state"] for row in rows] == ["owed", "dead", "sent", "owed"]
    assert rows[0]["subject"] == '\'=HYPERLINK("http://evil")' and rows[0]["last_try_at"] == ""
    assert (rows[2]["tries"], rows[2]["last_outcome"], rows[2]["last_detail"]) == ("2", "ok", "answered 200")
    assert rows[1]["last_try_seconds"] == "15" and rows[1]["given_up_at"] and not rows[1]["sent_at"]
    narrowed = viewer.get(CSV, {"state": "dead"}).getvalue().decode()
    assert narrowed.count("\r\n") == 2
    assert answer["Content-Disposition"] == 'attachment; filename="prod-deliveries.csv"'


def test_hostile_text_is_shown_and_never_obeyed(viewer: Client, cluster: Cluster) -> None:
    bad = notice(
        cluster, subject=f"s{HOSTILE}", text=f"t{HOSTILE}\n", channel=notices_owed.channel(f"n{HOSTILE}"), attempts=1
    )
    tried(bad, "refused_by_receiver", f"d{HOSTILE}")
    body = viewer.get(PAGE).content.decode()
    assert "<script>alert" not in body and "\u202e" not in body
    assert body.count("&lt;script&gt;alert(1)&lt;/script&gt;&lt;U+202E&gt;") >= 5
