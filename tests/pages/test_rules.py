from __future__ import annotations

import copy
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from collectors.records import Resources
from dashboard.models import Cluster, Event, Rule, Subject
from dashboard.pages import rule_try
from dashboard.queries import rule_choices
from dashboard.roles import Role
from tests import builders
from tests.pages.alerting import alert, channel, rule, watched
from tests.pages.conftest import said, signed_in

pytestmark = pytest.mark.django_db
RULES = "/c/prod/alerts/rules/"
R20 = f"{RULES}R20/"
AS_IT_IS = {
    "warning": "85 %", "warning_clear": "82 %",
    "critical": "90 %", "critical_clear": "87 %", "critical_on": "on",
    "for_seconds": "900", "clear_seconds": "900", "repeat_seconds": "0",
}  # fmt: skip
OWN = {
    "subject_kind": "cluster", "name": "Too much CPU promised", "metric": "cpus_allocated÷cpus_total",
    "measure": "value", "window_seconds": "600", "comparison": "above", "subject_key": "",
    "warning": "70 %", "warning_on": "on", "for_seconds": "600", "clear_seconds": "600", "repeat_seconds": "0",
}  # fmt: skip


@pytest.fixture
def cluster() -> Cluster:
    return watched()


def measured(cluster: Cluster) -> None:
    """Two hours of figures; CPU is allocated to 25 %, and to 75 % in the last."""
    now = timezone.now().replace(second=0, microsecond=0)
    now -= timedelta(minutes=now.minute % 10)
    for minutes in range(120, 0, -10):
        cpus = 3.0 if minutes <= 60 else 1.0
        allocated = Resources(cpus=cpus, mem_bytes=1 << 30)
        at = now - timedelta(minutes=minutes)
        builders.write(cluster, builders.summary(at, builders.agent(allocated=allocated)))


def test_all_rules_are_listed_with_their_limits_and_how_they_stand(viewer: Client, cluster: Cluster) -> None:
    now = timezone.now()
    rule(cluster, "R20", judged_at=now, subjects=1)
    rule(cluster, "R38", judged_at=now, subjects=4, subjects_unknown=4)
    rule(cluster, "R36", error="no such table")
    alert(cluster, "R31")
    text = said(viewer.get(RULES))
    assert "Memory allocation R20" in text and "Quiet 0 above 85 %" in text
    assert "No data 4 of 4 not known" in text and "Cannot be judged no such table" in text
    assert text.index("Cannot be judged") < text.index("Fires") < text.index("No data") < text.index("Quiet")
    assert "8 of the 8 of Mesos’ own table are on" in text


def test_the_list_takes_few_queries_however_many_alerts_fire(viewer: Client, cluster: Cluster) -> None:
    for number in range(40):
        alert(cluster, "R38", f"10.0.0.{number}")
    with CaptureQueriesContext(connection) as asked:
        assert said(viewer.get(f"{RULES}?is=firing")).count("Filesystem full") == 1
    assert len(asked.captured_queries) <= 14


def test_rules_are_found_by_name_and_kind(viewer: Client, cluster: Cluster) -> None:
    text = said(viewer.get(f"{RULES}?is=mesos&q=alloc"))
    assert "Memory allocation" in text and "Filesystem full" not in text
    assert "No rule matches" in said(viewer.get(f"{RULES}?q=nothing+is+called+so"))


def test_a_severity_is_switched_from_the_list_with_its_event(operator: Client, cluster: Cluster) -> None:
    answer = operator.post(f"{R20}switch/", {"set": "critical:off", "back": "list"})
    assert answer["Location"] == RULES
    assert not Rule.objects.get(key="R20").critical_on
    event = Event.objects.get(kind="rule", subject="R20")
    assert (event.before, event.after, event.by) == ("critical on", "critical off", "olga")


def test_a_whole_rule_is_switched_off_from_its_page(operator: Client, cluster: Cluster) -> None:
    operator.post(f"{R20}switch/", {"set": "all:off"})
    assert not Rule.objects.get(key="R20").on
    assert "Off" in said(operator.get(R20))


@pytest.mark.parametrize("asked", ["", "critical", "critical:maybe", "fatal:on", "all:on"])
def test_what_is_no_switch_changes_nothing(operator: Client, cluster: Cluster, asked: str) -> None:
    answer = operator.post(f"{R20}switch/", {"set": asked}, follow=True)
    assert "Nothing was changed" in answer.content.decode()
    assert not Event.objects.filter(kind="rule").exists()


def test_saving_what_is_shown_changes_nothing(operator: Client, cluster: Cluster) -> None:
    assert operator.post(R20, {**AS_IT_IS, "do": "save"}).status_code == 302
    assert not Event.objects.filter(kind="rule").exists()
    assert Rule.objects.get(key="R20").changed_by == ""


def test_a_limit_is_typed_in_the_unit_that_people_read(operator: Client, cluster: Cluster) -> None:
    mail = channel()
    form = {**AS_IT_IS, "critical": "95", "for_seconds": "300", "repeat_seconds": "86400", "channels": [mail.pk]}
    answer = operator.post(R20, {**form, "do": "save"}, follow=True)
    kept = Rule.objects.get(key="R20")
    assert (kept.critical, kept.for_seconds, kept.repeat_seconds) == (0.95, 300, 86_400)
    assert list(kept.channels.all()) == [mail]
    text = said(answer)
    assert "Last changed by olga" in text and "critical limit 90 %" in text and "critical limit 95 %" in text


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("critical", "a lot", "Give a share in percent, such as 85 %."),
        ("critical", "", "Give a limit, or switch critical off."),
        ("critical_clear", "99 %", "The value that ends it must lie below the limit"),
        ("for_seconds", "7", "Select a valid choice"),
    ],
)
def test_what_cannot_be_kept_is_told_and_what_was_typed_stays(
    operator: Client, cluster: Cluster, field: str, typed: str, told: str
) -> None:
    answer = operator.post(R20, {**AS_IT_IS, field: typed, "do": "save"})
    assert told in said(answer)
    assert f'value="{typed}"' in answer.content.decode() or field == "for_seconds" or not typed
    assert Rule.objects.get(key="R20").changed_by == ""


def test_a_rule_without_a_number_keeps_its_limits_when_it_is_saved(operator: Client, cluster: Cluster) -> None:
    before = Rule.objects.get(key="R8")
    form = {"warning_on": "on", "for_seconds": "600", "clear_seconds": "600", "repeat_seconds": "0", "do": "save"}
    operator.post(f"{RULES}R8/", form)
    after = Rule.objects.get(key="R8")
    assert (after.for_seconds, after.warning_on, after.critical_on) == (600, True, False)
    assert (after.warning, after.critical) == (before.warning, before.critical)


def test_trying_changes_nothing_and_tells_how_often_it_would_have_fired(viewer: Client, cluster: Cluster) -> None:
    measured(cluster)
    asked = {
        **AS_IT_IS,
        "warning": "60 %",
        "warning_clear": "50 %",
        "warning_on": "on",
        "for_seconds": "0",
        "do": "try",
    }
    text = said(viewer.get(f"{RULES}R19/", asked))
    assert "It would have fired once in" in text
    assert "Changed, not saved: warning limit 85 % → warning limit 60 %" in text
    assert "above 60 %, proposed 1" in text and "above 90 %, kept now 0" in text
    assert Rule.objects.get(key="R19").warning == 0.85


def test_trying_leads_to_an_address_without_the_token(operator: Client, cluster: Cluster) -> None:
    answer = operator.post(R20, {**AS_IT_IS, "do": "try", "csrfmiddlewaretoken": "secret"})
    assert answer["Location"].startswith(f"{R20}?") and "secret" not in answer["Location"]
    assert "Memory allocation" in said(operator.get(answer["Location"]))


def test_a_rule_without_history_says_why_it_cannot_be_tried(viewer: Client, cluster: Cluster) -> None:
    asked = {"critical_on": "on", "for_seconds": "120", "clear_seconds": "120", "repeat_seconds": "0", "do": "try"}
    assert "It cannot be tried" in said(viewer.get(f"{RULES}R31/", asked))


def test_the_message_is_shown_as_it_would_be_sent(viewer: Client, cluster: Cluster) -> None:
    assert "of an alert made up at its limit" in said(viewer.get(R20))
    alert(cluster, "R20", "", sentence="memory 91 % allocated", severity="critical")
    text = said(viewer.get(R20))
    assert "Subject: CRITICAL prod: memory 91 % allocated" in text and "of the alert that fired last" in text


def test_viewers_try_and_do_not_save(viewer: Client, cluster: Cluster) -> None:
    body = viewer.get(R20).content.decode()
    assert "Saving needs the role operator" in body and ">Save<" not in body
    assert viewer.post(R20, {**AS_IT_IS, "critical": "10 %", "do": "save"}).status_code == 403
    assert viewer.post(f"{R20}switch/", {"set": "all:off"}).status_code == 403
    assert Rule.objects.get(key="R20").critical == 0.9


def test_a_form_without_its_token_is_refused(cluster: Cluster) -> None:
    strict = Client(enforce_csrf_checks=True)
    signed_in(strict, Role.OPERATOR)
    for address, form in ((R20, AS_IT_IS), (f"{R20}switch/", {"set": "all:off"}), (f"{RULES}new/", OWN)):
        assert strict.post(address, form).status_code == 403
    assert not Event.objects.filter(kind="rule").exists()


def test_an_own_rule_is_tried_then_made_then_deleted(operator: Client, cluster: Cluster) -> None:
    measured(cluster)
    assert "Cluster (1)" in said(operator.get(f"{RULES}new/"))
    assert "allocated share of CPU" in said(operator.get(f"{RULES}new/?subject_kind=cluster"))
    assert "It would have fired" in said(operator.get(f"{RULES}new/", {**OWN, "do": "try"}))
    assert not Rule.objects.filter(own=True).exists()
    text = said(operator.post(f"{RULES}new/", {**OWN, "do": "save"}, follow=True))
    made = Rule.objects.get(own=True)
    assert (made.warning, made.metric, made.subject_kind) == (0.7, "cpus_allocated÷cpus_total", "cluster")
    assert "Too much CPU promised" in text and "Last changed by olga" in text
    where = f"{RULES}{made.key}/"
    refused = operator.post(f"{where}delete/", follow=True).content.decode()
    assert "Switch the rule off before it is deleted" in refused
    operator.post(f"{where}switch/", {"set": "all:off"})
    assert operator.post(f"{where}delete/")["Location"] == RULES
    assert not Rule.objects.filter(own=True).exists()


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("name", "", "Name: This field is required."),
        ("metric", "password", "Metric: Select a valid choice"),
        ("measure", "rate", "goes up and down: only its value can be watched"),
        ("subject_key", "elsewhere", "Where"),
        ("warning", "", "Give a limit, or switch warning off."),
    ],
)
def test_an_own_rule_asks_for_nothing_but_what_is_offered(
    operator: Client, cluster: Cluster, field: str, typed: str, told: str
) -> None:
    measured(cluster)
    answer = operator.post(f"{RULES}new/", {**OWN, field: typed, "do": "save"})
    assert answer.status_code == 200 and not Rule.objects.filter(own=True).exists()
    assert told in said(answer) or field == "subject_key"


def test_a_kind_that_is_not_measured_offers_no_sentence(operator: Client, cluster: Cluster) -> None:
    for kind in ("node", "nonsense", ""):
        text = said(operator.post(f"{RULES}new/", {**OWN, "subject_kind": kind, "do": "save"}))
        assert "Nothing is measured now" in text
    assert not Rule.objects.filter(own=True).exists()


def test_a_rule_of_the_catalogue_cannot_be_deleted_nor_another_clusters_be_seen(
    operator: Client, cluster: Cluster
) -> None:
    answer = operator.post(f"{R20}delete/", follow=True).content.decode()
    assert "cannot be deleted: switch it off" in answer and Rule.objects.filter(key="R20").exists()
    assert operator.get(f"{RULES}own-1/").status_code == 404


def test_hostile_names_are_shown_and_never_obeyed(operator: Client, cluster: Cluster) -> None:
    name = '<script>alert(1)</script>"\u202e'
    rule(cluster, "R20", name=name, error=name, closest_name=name, closest_value=0.8, changed_by=name)
    for address in (RULES, R20):
        body = operator.get(address).content.decode()
        assert "<script>alert" not in body and "\u202e" not in body, address


def test_of_too_many_to_choose_among_a_part_of_a_name_finds_the_key(
    operator: Client, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_choices, "MOST_SUBJECTS", 2)
    at = timezone.now() - timedelta(seconds=30)
    hosts = [builders.host_metrics(host, at) for host in ("10.0.0.1", "10.0.0.12", "10.9.9.9")]
    builders.write_machines(cluster, *hosts, now=at)
    own = {**OWN, "subject_kind": "host", "metric": "load.1min", "warning": "2", "do": "save"}
    keys = sorted(Subject.objects.filter(kind="host").values_list("key", flat=True))
    text = said(operator.post(f"{RULES}new/", {**own, "subject_key": keys[0][:6]}))
    assert f"Give the whole key of one of these: {keys[0]}" in text and keys[2] not in text
    assert "has this in its key or name" in said(operator.post(f"{RULES}new/", {**own, "subject_key": "nowhere"}))
    assert not Rule.objects.filter(own=True).exists()
    operator.post(f"{RULES}new/", {**own, "subject_key": keys[0]})
    assert Rule.objects.get(own=True).subject_key == keys[0]


def test_beside_another_limit_the_past_is_read_once(cluster: Cluster) -> None:
    measured(cluster)
    kept, now = rule(cluster, "R20"), timezone.now()
    kept.cluster = cluster
    proposed = copy.copy(kept)
    proposed.warning_on, proposed.warning, proposed.warning_clear = True, 0.5, 0.4
    with CaptureQueriesContext(connection) as alone:
        rule_try.trial(None, proposed, now)
    with CaptureQueriesContext(connection) as both:
        found = rule_try.trial(kept, proposed, now)
    assert len(both) == len(alone)
    assert [line.word for line in found.limits if line.word] == ["proposed", "kept now"]
