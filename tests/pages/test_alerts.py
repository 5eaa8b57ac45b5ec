from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.models import Alert, Cluster, Event, Rule, Watch
from dashboard.roles import Role
from tests import builders
from tests.pages import alerting
from tests.pages.alerting import alert, channel, notice, silence, watched
from tests.pages.conftest import said, signed_in

pytestmark = pytest.mark.django_db
PAGE, ACT = "/c/prod/alerts/", "/c/prod/alerts/act/"
HOSTILE = '<script>alert(1)</script>"\u202e'


@pytest.fixture
def cluster() -> Cluster:
    return watched()


def test_what_needs_somebody_is_said_first(viewer: Client, cluster: Cluster) -> None:
    alert(cluster, "R38", "10.0.0.242", severity="critical")
    alert(cluster, "R36", "10.0.0.242")
    alert(cluster, "R37", "10.0.0.5", acknowledged_by=User.objects.get(), acknowledged_at=timezone.now())
    alert(cluster, "R39", "10.0.0.6", silence=silence(cluster, "rule:R39"))
    text = said(viewer.get(PAGE))
    assert "2 firing, both on 10.0.0.242 and both unclaimed. 1 of them critical. 2 more are known" in text
    assert "1 acknowledged, 1 silenced" in text
    assert "rules watch; all eight Mesos rules are on." in text


def test_nothing_fires_is_a_fact_with_the_last_alert(viewer: Client, cluster: Cluster) -> None:
    assert "Nothing has fired since prod was connected" in said(viewer.get(PAGE))
    alert(cluster, sentence="disk was full", state="resolved", ended_at=timezone.now() - timedelta(minutes=4))
    assert "Nothing fires. The last alert ended 4 min ago : disk was full" in said(viewer.get(PAGE))


def test_rules_that_are_not_judged_are_no_good_news(viewer: Client) -> None:
    cluster = watched(judged_ago=timedelta(minutes=5))
    text = said(viewer.get(PAGE))
    assert "Not judged The rules were last judged" in text and "what fires now is not known" in text
    assert "Nothing has fired" not in text
    Watch.objects.filter(cluster=cluster).update(evaluated_at=None)
    text = said(viewer.get(PAGE))
    assert "Not judged yet" in text and "Nothing fires" not in text


def test_a_minute_without_judging_is_still_on_time(viewer: Client) -> None:
    watched(judged_ago=timedelta(seconds=50))
    assert "Not judged" not in said(viewer.get(PAGE))


def test_no_data_is_a_state_of_the_alert_and_does_not_end_it(viewer: Client, cluster: Cluster) -> None:
    alert(cluster, severity="critical", unknown_since=timezone.now() - timedelta(minutes=3), unknown_why="no answer")
    text = said(viewer.get(PAGE))
    assert "Critical No data since" in text and "1 without data." in text and "Nobody has it" in text


def test_pending_ones_stand_apart_and_cannot_be_taken(operator: Client, cluster: Cluster) -> None:
    alert(cluster, state="pending", sentence="not yet long enough")
    answer = operator.get(PAGE)
    assert "1 pending." in said(answer) and "Pending beyond a limit" in said(answer)
    assert b'name="pick"' not in answer.content


def test_who_was_told_and_what_is_still_owed(viewer: Client, cluster: Cluster) -> None:
    one = alert(cluster)
    notice(one, channel("mail ops@"), sent_at=timezone.now(), attempts=1)
    notice(one, channel("pager"), attempts=3)
    text = said(viewer.get(PAGE))
    assert "mail ops@, " in text and "pager: owed since" in text
    assert "Delivered" in text and "Owed" in text


def test_an_explained_alert_says_by_what(viewer: Client, cluster: Cluster) -> None:
    alert(cluster, inhibited_by="Agent 10.0.0.1 is unreachable")
    text = said(viewer.get(PAGE))
    assert "Nothing new fires." in text and "Explained" in text and "Agent 10.0.0.1 is unreachable" in text


def test_many_alerts_of_one_rule_and_reason_are_one_row_that_opens(viewer: Client, cluster: Cluster) -> None:
    for number in range(12):
        alert(cluster, "R44", f"10.0.0.{number}", reason="etl", sentence=f"etl-{number} is held back")
    text = said(viewer.get(PAGE))
    assert "Container throttled: 12 alerts, etl" in text and "the newest: " in text
    inside = said(viewer.get(PAGE + "?rule=R44&reason=etl&as=firing"))
    assert all(f"etl-{number} is held back" in inside for number in range(12))


def test_a_filter_that_hides_all_says_so(viewer: Client, cluster: Cluster) -> None:
    alert(cluster)
    assert "No alert matches" in said(viewer.get(PAGE + "?node=10.9.9.9"))
    assert "10.0.0.1 is over its limit" in said(viewer.get(PAGE + "?as=nonsense&severity=%00"))


def test_ten_thousand_alerts_are_few_rows_and_few_queries(operator: Client, cluster: Cluster) -> None:
    rules = [alerting.rule(cluster, key) for key in ("R38", "R36", "R44", "R31")]
    now = timezone.now()
    Alert.objects.bulk_create(
        [
            Alert(
                cluster=cluster,
                rule=rules[number % 4],
                subject=f"s{number}",
                name=f"s{number}",
                host=f"10.0.{number // 250}.{number % 250}",
                reason=f"reason {number % 40}",
                state="firing",
                severity="critical" if number % 3 else "warning",
                sentence=f"number {number} is over its limit",
                pending_since=now,
                fired_at=now,
                changed_at=now,
            )
            for number in range(10_000)
        ]
    )
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = operator.get(PAGE)
    few = len(asked.captured_queries)
    assert answer.content.count(b"<tr") < 100
    assert "10,000 firing, on 10,000 nodes, all unclaimed." in said(answer)
    with CaptureQueriesContext(connection) as asked:
        inside = operator.get(PAGE + "?rule=R38&page=2")
    assert inside.content.count(b"<tr") < 140 and "101–200 of 2,500 alerts" in said(inside)
    Alert.objects.exclude(subject="s1").delete()
    with CaptureQueriesContext(connection) as one:
        operator.get(PAGE)
    assert few <= len(one.captured_queries) + 1 and few <= 26


def test_hostile_text_is_shown_and_never_obeyed(operator: Client, cluster: Cluster) -> None:
    one = alert(cluster, "R38", HOSTILE, sentence=HOSTILE, reason=HOSTILE, note=HOSTILE, unknown_why=HOSTILE)
    for number in range(4):
        alert(cluster, "R44", f"{HOSTILE}{number}", reason=HOSTILE, sentence=HOSTILE)
    notice(one, channel(HOSTILE), sent_at=timezone.now())
    for address in (
        PAGE,
        f"{PAGE}{one.pk}/",
        f"{PAGE}?rule=R44&reason={HOSTILE}",
    ):
        body = operator.get(address).content.decode()
        assert "<script>alert" not in body and "\u202e" not in body, address
    assert b"<script>alert" not in operator.get(f"{PAGE}?q={HOSTILE}&rule={HOSTILE}").content


def test_an_operator_takes_alerts_with_a_note_and_gives_them_back(operator: Client, cluster: Cluster) -> None:
    one, other = alert(cluster), alert(cluster, "R36")
    picked = [f"a{one.pk}", f"a{other.pk}"]
    answer = operator.post(ACT, {"do": "acknowledge", "pick": picked, "note": "on it"}, follow=True)
    assert "You have 2\u00a0alerts." in answer.content.decode()
    assert "olga since" in said(answer) and "“on it”" in said(answer)
    events = Event.objects.filter(kind="alert", by="olga", after="Acknowledged")
    assert sorted(events.values_list("alert", flat=True)) == sorted([one.pk, other.pk])
    operator.post(ACT, {"one": f"give_back:a{one.pk}"})
    one.refresh_from_db()
    assert one.acknowledged_at is None
    other.refresh_from_db()
    assert other.acknowledged_at is not None


def test_a_row_of_many_is_taken_as_a_whole_and_nothing_else_is(operator: Client, cluster: Cluster) -> None:
    for number in range(5):
        alert(cluster, "R44", f"10.0.0.{number}", reason="etl")
    other = alert(cluster, "R44", "10.0.0.9", reason="web")
    operator.post(ACT, {"do": "acknowledge", "pick": "grule=R44&as=firing&severity=warning&reason=etl"})
    assert Alert.objects.filter(acknowledged_at__isnull=False).count() == 5
    other.refresh_from_db()
    assert other.acknowledged_at is None


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"do": "acknowledge"},
        {"do": "delete", "pick": "a1"},
        {"do": "acknowledge", "pick": "a99999999999999999999"},
        {"do": "acknowledge", "pick": "g"},
        {"one": "acknowledge:x"},
    ],
)
def test_what_names_no_alert_changes_nothing(operator: Client, cluster: Cluster, form: dict[str, str]) -> None:
    alert(cluster)
    answer = operator.post(ACT, form, follow=True)
    assert "Nothing was changed" in answer.content.decode()
    assert not Alert.objects.filter(acknowledged_at__isnull=False).exists()


def test_alerts_of_another_cluster_cannot_be_taken_here(operator: Client, cluster: Cluster) -> None:
    strange = alert(watched("other"))
    operator.post(ACT, {"do": "acknowledge", "pick": f"a{strange.pk}"})
    strange.refresh_from_db()
    assert strange.acknowledged_at is None


def test_a_press_leads_back_to_the_list_as_it_was_and_nowhere_else(operator: Client, cluster: Cluster) -> None:
    one = alert(cluster)
    form = {"do": "acknowledge", "pick": f"a{one.pk}"}
    assert operator.post(ACT, {**form, "back": "?as=firing&q=disk"})["Location"] == PAGE + "?as=firing&q=disk"
    assert operator.post(ACT, {**form, "back": "https://evil.test/"})["Location"].startswith(PAGE + "?")
    assert operator.post(ACT, {**form, "back": f"a{one.pk}"})["Location"] == f"{PAGE}{one.pk}/"


def test_viewers_see_alerts_and_take_none(viewer: Client, cluster: Cluster) -> None:
    one = alert(cluster)
    body = viewer.get(PAGE).content.decode()
    assert 'name="pick"' not in body and "New silence" not in body
    assert viewer.post(ACT, {"do": "acknowledge", "pick": f"a{one.pk}"}).status_code == 403
    one.refresh_from_db()
    assert one.acknowledged_at is None


def test_a_form_without_its_token_is_refused(cluster: Cluster) -> None:
    one, strict = alert(cluster), Client(enforce_csrf_checks=True)
    signed_in(strict, Role.OPERATOR)
    assert strict.post(ACT, {"do": "acknowledge", "pick": f"a{one.pk}"}).status_code == 403


def test_one_alert_tells_its_life_and_whose_doing_it_was(operator: Client, cluster: Cluster) -> None:
    one, now = alert(cluster, value=0.91, limit=0.8, worst=0.95), timezone.now()
    for before, after, by in (("Pending", "Firing", ""), ("Firing", "Acknowledged", "k.lind")):
        Event.objects.create(
            cluster=cluster, kind="alert", subject="R38", before=before, after=after, by=by, alert=one,
            taken_at=now, seen_at=now,
        )  # fmt: skip
    notice(one, channel(), sent_at=now, attempts=1)
    text = said(operator.get(f"{PAGE}{one.pk}/"))
    assert "Firing Pending itself" in text and "Acknowledged Firing k.lind" in text
    assert "Value 91 %" in text and "Limit above 80 %" in text and "Worst 95 %" in text
    assert "mail ops@" in text and "What to do" in text


def test_an_alert_that_is_not_there_is_404(viewer: Client, cluster: Cluster) -> None:
    strange = alert(watched("other"))
    for number in (strange.pk, 10**30, 0):
        assert viewer.get(f"{PAGE}{number}/").status_code == 404


def test_one_broken_part_leaves_the_others_standing(
    viewer: Client, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert(cluster)
    monkeypatch.setattr("dashboard.pages.alert_past.past", lambda *_: 1 / 0)
    text = said(viewer.get(PAGE))
    assert "The past 7 days could not be shown" in text and "10.0.0.1 is over its limit" in text


def test_what_is_close_to_its_limit_is_told_before_it_fires(viewer: Client, cluster: Cluster) -> None:
    now = timezone.now()
    alerting.rule(cluster, "R20", closest_value=0.83, closest_name="the cluster", judged_at=now)
    alerting.rule(cluster, "R19", closest_value=0.2, closest_name="the cluster", judged_at=now)
    text = said(viewer.get(PAGE)).partition("Close to firing")[2]
    assert "Memory allocation 83 % above" in text
    assert "CPU allocation 20 %" not in text


def test_one_leader_is_not_close_to_none(viewer: Client, cluster: Cluster) -> None:
    now = timezone.now()
    alerting.rule(cluster, "R4", closest_value=1.0, closest_name="", judged_at=now)
    alerting.rule(cluster, "R25", closest_value=90.0, closest_name="10.0.0.101", judged_at=now)
    text = said(viewer.get(PAGE)).partition("Close to firing")[2]
    assert "No leader" not in text and "Master's event queue 90 above" in text


def test_a_share_that_may_not_fall_is_not_close_while_it_is_whole(viewer: Client, cluster: Cluster) -> None:
    now = timezone.now()
    alerting.rule(cluster, "R6", comparison="below", closest_value=1.0, judged_at=now)
    assert "Active agents low" not in said(viewer.get(PAGE)).partition("Close to firing")[2]
    Rule.objects.filter(key="R6").update(closest_value=0.97)
    assert "Active agents low 97 %" in said(viewer.get(PAGE)).partition("Close to firing")[2]


def test_a_cluster_of_another_name_is_not_found(viewer: Client) -> None:
    builders.cluster("prod")
    assert viewer.get("/c/nowhere/alerts/").status_code == 404


def test_where_an_alert_is_is_its_node_whatever_it_is_about(viewer: Client, cluster: Cluster) -> None:
    one = alert(cluster, name="/var on 10.0.0.1", subject="10.0.0.1:/var")
    for page in (PAGE, f"{PAGE}{one.pk}/"):
        text = viewer.get(page).content.decode()
        assert '<a href="/c/prod/nodes/10.0.0.1/">10.0.0.1</a>' in text
        assert ">/var on 10.0.0.1</a>" not in text


def test_a_rule_that_only_holds_has_no_value(viewer: Client, cluster: Cluster) -> None:
    one = alert(cluster, "R31", value=1, worst=1, limit=1)
    text = said(viewer.get(f"{PAGE}{one.pk}/"))
    assert "Severity Warning" in text
    assert "Value" not in text and "Worst" not in text and "Limit" not in text


def test_silencing_a_row_of_many_says_that_it_is_the_whole_rule(operator: Client, cluster: Cluster) -> None:
    for number in range(5):
        alert(cluster, host=f"10.0.1.{number}", reason="/var")
    text = operator.get(PAGE).content.decode()
    assert 'aria-label="Silence R38: Filesystem full' in text
    assert "?what=rule%3AR38+severity%3Awarning#new" in text


def test_a_row_of_many_that_is_silenced_leads_to_the_silences(operator: Client, cluster: Cluster) -> None:
    quiet = silence(cluster, "rule:R38")
    for number in range(5):
        alert(cluster, host=f"10.0.1.{number}", silence=quiet)
    text = operator.get(PAGE).content.decode()
    assert 'href="/c/prod/alerts/silences/">Silenced</a>' in text and "Silence R38" not in text


def test_the_help_lists_the_keys_of_an_alert(operator: Client, cluster: Cluster) -> None:
    text = operator.get(f"{PAGE}{alert(cluster).pk}/").content.decode()
    assert 'data-key="a"' in text and 'data-key="s"' in text
    assert "<kbd>a</kbd></dt><dd>Acknowledge" in text and "<kbd>s</kbd></dt><dd>Silence" in text


def test_why_there_is_no_data_stands_in_the_row(viewer: Client, cluster: Cluster) -> None:
    alert(cluster, unknown_since=timezone.now() - timedelta(hours=1), unknown_why="held after a leader change")
    assert "held after a leader change" in said(viewer.get(PAGE))
