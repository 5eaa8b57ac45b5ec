from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.models import Cluster, Event, Silence
from dashboard.pages.silence_times import moment
from dashboard.roles import Role
from tests.pages.alerting import HOUR, alert, silence, watched
from tests.pages.conftest import said, signed_in

pytestmark = pytest.mark.django_db
PAGE = "/c/prod/alerts/silences/"
NEW = f"{PAGE}new/"
FORM = {"what": "node:10.0.0.1", "kind": "silence", "begins": "now", "ends": "2 h", "why": "disk ordered", "tell": "on"}
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def cluster() -> Cluster:
    return watched()


def test_what_is_quiet_planned_and_over_is_told_with_its_reason(viewer: Client, cluster: Cluster) -> None:
    held = silence(cluster, "rule:R38 node:10.0.0.31", kept_quiet=1)
    alert(cluster, "R38", "10.0.0.31", silence=held)
    silence(cluster, "node:10.0.0.2,10.0.0.3", begins=HOUR, ends=2 * HOUR, kind="maintenance", why="kernel update")
    ended = timezone.now() - timedelta(minutes=10)
    silence(cluster, "node:10.0.0.7", ended_at=ended, ended_by="m.ruiz", why="too late")
    text = said(viewer.get(PAGE))
    assert "1 active, 1 planned, the next for" in text and "1 alert that fires now is silenced." in text
    assert "rule:R38 node:10.0.0.31 disk ordered Active" in text
    assert "kernel update Planned" in text and "Ended early, by m.ruiz" in text


def test_no_silence_is_a_fact(viewer: Client, cluster: Cluster) -> None:
    text = said(viewer.get(PAGE))
    assert "None is active." in text and "No silence in 30 days" in text


def test_the_page_takes_as_many_queries_for_forty_as_for_one(viewer: Client, cluster: Cluster) -> None:
    silence(cluster, "node:10.0.0.1")
    with CaptureQueriesContext(connection) as one:
        viewer.get(PAGE)
    for number in range(40):
        silence(cluster, f"node:10.0.0.{number}")
    with CaptureQueriesContext(connection) as many:
        assert "and 29 more silences in this time" in said(viewer.get(PAGE))
    assert len(many.captured_queries) == len(one.captured_queries) <= 14


def test_a_new_silence_is_kept_with_who_and_why(operator: Client, cluster: Cluster) -> None:
    answer = operator.post(NEW, FORM, follow=True)
    made = Silence.objects.get()
    assert (made.by, made.why, made.matcher, made.tell_at_end) == ("olga", "disk ordered", "node:10.0.0.1", True)
    assert abs((made.ends_at - made.begins_at).total_seconds() - 7200) < 1
    assert "node:10.0.0.1 disk ordered Active" in said(answer)
    assert Event.objects.filter(kind="silence", by="olga").count() == 1


def test_maintenance_is_of_nodes(operator: Client, cluster: Cluster) -> None:
    operator.post(NEW, {**FORM, "kind": "maintenance"})
    assert Silence.objects.get().kind == "maintenance"
    refused = operator.post(NEW, {**FORM, "kind": "maintenance", "what": "rule:R38"}, follow=True)
    assert "Maintenance is of nodes" in refused.content.decode() and Silence.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("why", "", "Say why: the next person on call reads it."),
        ("what", "", "Say which alerts are meant"),
        ("what", "app:web", "is no word that alerts are matched with"),
        ("ends", "soon", "Give a time in UTC"),
        ("ends", "1 Jan 2020 10:00", "It would be over already"),
        ("begins", "2030-01-01 10:00", "It would end before it begins"),
    ],
)
def test_what_cannot_be_kept_is_told_at_its_field_and_what_was_typed_stays(
    operator: Client, cluster: Cluster, field: str, typed: str, told: str
) -> None:
    form = {**FORM, "ends": "2029-01-01 10:00" if field == "begins" else "2 h", field: typed}
    answer = operator.post(NEW, form, follow=True)
    assert told in said(answer)
    assert not Silence.objects.exists()
    assert 'value="disk ordered"' in answer.content.decode() or field == "why"


def test_what_it_would_do_is_computed_before_it_is_made(operator: Client, cluster: Cluster) -> None:
    alert(cluster, "R38", "10.0.0.1", sentence="the first")
    alert(cluster, "R38", "10.0.0.2", sentence="the second", severity="critical")
    text = said(operator.get(PAGE, {"what": "node:10.0.0.1"}))
    assert "1 of 2 firing alerts would fall silent , the other goes on." in text
    assert "the first Silent until" in text and "the second Still wakes someone" in text
    assert "Say why" not in text
    assert not Silence.objects.exists()


def test_the_preview_is_a_part_of_the_same_page_and_changes_nothing(operator: Client, cluster: Cluster) -> None:
    alert(cluster)
    answer = operator.get(PAGE, FORM, headers={"HX-Request": "true", "HX-Target": "preview"})
    body = answer.content.decode()
    assert "1 of 1\u00a0firing alert would fall silent" in body and "<html" not in body
    broken = operator.get(PAGE, {**FORM, "what": "nonsense"}, headers={"HX-Target": "preview"})
    assert "is no pair of word and value" in broken.content.decode()
    assert not Silence.objects.exists()


def test_without_scripts_the_preview_is_a_press_that_makes_nothing(operator: Client, cluster: Cluster) -> None:
    answer = operator.post(NEW, {**FORM, "why": "", "do": "preview"}, follow=True)
    assert "No alert fires that it could keep quiet" in said(answer) and "Say why" not in said(answer)
    assert not Silence.objects.exists()


def test_the_preview_takes_as_many_queries_for_a_hundred_alerts_as_for_one(operator: Client, cluster: Cluster) -> None:
    alert(cluster)
    with CaptureQueriesContext(connection) as one:
        operator.get(PAGE, FORM, headers={"HX-Target": "preview"})
    for number in range(2, 100):
        alert(cluster, "R38", f"10.0.0.{number}")
    with CaptureQueriesContext(connection) as many:
        body = operator.get(PAGE, FORM, headers={"HX-Target": "preview"}).content.decode()
    assert "1 of 99" in body and body.count("<tr>") < 25
    assert len(many.captured_queries) == len(one.captured_queries)


def test_an_active_one_is_ended_a_planned_one_cancelled_a_past_one_repeated(operator: Client, cluster: Cluster) -> None:
    active, planned = silence(cluster, "node:a"), silence(cluster, "node:b", begins=HOUR, ends=2 * HOUR)
    past = silence(cluster, "node:c", begins=-3 * HOUR, ends=-HOUR)
    for one in (active, planned):
        operator.post(f"{PAGE}{one.pk}/end/", {"do": "end"})
        one.refresh_from_db()
        assert one.ended_by == "olga" and one.ended_at is not None
    operator.post(f"{PAGE}{past.pk}/end/", {"do": "repeat"})
    again = Silence.objects.latest("pk")
    assert (again.matcher, again.by) == ("node:c", "olga") and again.ends_at - again.begins_at == 2 * HOUR
    refused = operator.post(f"{PAGE}{past.pk}/end/", {"do": "end"}, follow=True).content.decode()
    assert "It is over already" in refused


def test_viewers_make_and_end_nothing(viewer: Client, cluster: Cluster) -> None:
    held = silence(cluster, "node:a")
    body = viewer.get(PAGE).content.decode()
    assert "needs the role operator" in body and "End now" not in body
    assert viewer.post(NEW, FORM).status_code == viewer.post(f"{PAGE}{held.pk}/end/").status_code == 403
    assert Silence.objects.count() == 1 and Silence.objects.get().ended_at is None


def test_a_silence_of_another_cluster_is_not_found(operator: Client, cluster: Cluster) -> None:
    strange = silence(watched("other"), "node:a")
    assert operator.post(f"{PAGE}{strange.pk}/end/").status_code == 404


def test_a_form_without_its_token_is_refused(cluster: Cluster) -> None:
    strict = Client(enforce_csrf_checks=True)
    signed_in(strict, Role.OPERATOR)
    assert strict.post(NEW, FORM).status_code == 403 and not Silence.objects.exists()


def test_hostile_text_is_shown_and_never_obeyed(operator: Client, cluster: Cluster) -> None:
    text = '<script>alert(1)</script>"\u202e'
    silence(cluster, text, why=text, by=text, ended_by=text)
    body = operator.get(PAGE).content.decode()
    assert "<script>alert" not in body and "\u202e" not in body


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("now", NOON),
        ("1 h", NOON + HOUR),
        ("+90 min", NOON + timedelta(minutes=90)),
        ("1 h 30 min", NOON + timedelta(minutes=90)),
        ("16:30", NOON.replace(hour=16, minute=30)),
        ("08:00 UTC", NOON.replace(day=23, hour=8)),
        ("25 Nov 08:00", NOON.replace(day=25, hour=8)),
        ("3 Jan 08:00", datetime(2027, 1, 3, 8, 0, tzinfo=UTC)),
        ("2026-11-25T08:00", NOON.replace(day=25, hour=8)),
    ],
)
def test_times_are_read_as_people_type_them(typed: str, meant: datetime) -> None:
    assert moment(typed, NOON) == meant


@pytest.mark.parametrize("typed", ["soon", "25:00", "5", "-1 h", "9999999999999 d", "32 Nov 10:00", "1,5 h"])
def test_what_is_no_time_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="Give a time in UTC"):
        moment(typed, NOON)


def test_a_silence_that_covers_nothing_that_fires_says_so_first(operator: Client, cluster: Cluster) -> None:
    for host in ("10.0.0.1", "10.0.0.2"):
        alert(cluster, host=host)
    text = said(operator.get(PAGE, {"what": "node:10.9.9.9"}))
    assert "Nothing that fires now would fall silent : 2 alerts would go on." in text
