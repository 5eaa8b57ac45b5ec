from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from dashboard.incidents.follow import follow
from dashboard.models import Event, Incident, IncidentEvent, IncidentNote
from dashboard.roles import Role, grant
from tests import builders
from tests.applications import make_app, make_failed_task, make_marathon
from tests.pages.conftest import words
from tests.pages.failing import NEXT, SILENT, Kind, State, ago, alert, failed, story

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
EVIL = '"><script>alert(1)</script>\u202e'
QUERIES = 26


def address(incident: Incident, end: str = "") -> str:
    return f"/c/prod/failures/{incident.pk}/{end}"


def test_the_verdict_says_what_it_is_why_and_how_long_is_left(viewer: Client) -> None:
    said = words(viewer.get(address(story()["agent"])))
    assert "Open for 2 min 10 s — agent process 10.0.0.242, 18 tasks at risk" in said
    assert "Kind: agent process. The host answers: its machine’s metrics, component health." in said
    assert re.search(r"Mesos declares it lost in 2 min 50 s; 18 tasks will be rescheduled\.", said)
    assert "Nobody has it" in said


def test_what_is_expected_is_hatched_and_right_of_now(viewer: Client) -> None:
    page = viewer.get(address(story()["agent"])).content.decode()
    bar = page.partition('class="phase"')[2].partition("</svg>")[0]
    assert re.findall(r'<rect class="(\w+)"', bar) == ["todo", "past", "todo", "plan", "plan"]
    order = page.partition('id="order"')[2].partition("</section>")[0]
    now = float(re.findall(r'class="nowl" x1="([\d.]+)%', order)[0])
    expected = [float(x) for x in re.findall(r'class="b-(?:unk|plan)" x="([\d.]+)%', order)]
    assert len(expected) == 2 and all(x >= now for x in expected)


def test_a_recovered_one_shows_its_phases_as_measured_against_the_flags(viewer: Client) -> None:
    answer = viewer.get(address(story()["earlier 0"]))
    said = words(answer)
    assert "Recovered after 6 min 04 s — host 10.0.0.205" in said
    assert "after 5 min 02 s, configured 5 min (max_agent_ping_timeouts=20 × agent_ping_timeout=15secs)" in said
    bar = answer.content.decode().partition('class="phase"')[2].partition("</svg>")[0]
    assert re.findall(r'<rect class="(\w+)"', bar) == ["todo", "past", "moved", "back"]


def test_causes_and_effects_hang_together_with_their_reason_and_no_claim_of_proof(viewer: Client) -> None:
    found = story()
    answer = viewer.get(address(found["tasks"]))
    said = words(answer)
    assert "by order and place; not proof" in said
    assert re.search(r"Agent process 10.0.0.242 open · \S+ Task marathon open · \S+ · it has tasks on this agent", said)
    assert f'href="{address(found["agent"])}"' in answer.content.decode()


def test_tasks_at_risk_are_counted_by_framework_and_those_without_room_come_first(viewer: Client) -> None:
    said = words(viewer.get(address(story()["agent"])))
    assert "18 containers of 2 frameworks as the agent last listed them; 2 cannot restart" in said
    assert "id-of-spark 2 cannot restart 2 — 0 agents 2 · 64 GiB marathon restarts 16 3 3 agents 2 · 1 GiB" in said


def test_a_container_of_unknown_size_cannot_be_told_to_restart(viewer: Client) -> None:
    cluster = builders.cluster()
    nothing = {"cpus_limit": None, "mem_limit_bytes": None}
    reading = builders.container_reading("c1", ago(60), metrics=nothing)
    builders.write_containers(cluster, builders.agent_containers(SILENT, reading, at=ago(60)))
    said = words(viewer.get(address(failed(cluster, Kind.HOST, SILENT, 30))))
    assert (
        "of 1 the size is not known" in said and "cannot tell" in said and "restarts" not in said.split("What to do")[0]
    )


def test_once_it_is_over_nobody_is_said_to_be_at_risk(viewer: Client) -> None:
    assert "Who feels it" not in words(viewer.get(address(story()["earlier 0"])))


def test_a_planned_one_says_why_and_that_it_counts_as_no_failure(viewer: Client) -> None:
    said = words(viewer.get(address(story()["planned"])))
    assert "Planned, recovered after 30 min — host 10.0.0.37" in said
    assert "It was planned and counts as no failure. In the maintenance by vera: new kernel." in said


def test_who_answers_and_who_does_not_is_told_with_times(viewer: Client) -> None:
    said = words(viewer.get(address(story()["agent"])))
    assert "Mesos, of the agent Silent as the leading master’s summary lists it" in said
    assert re.search(r"Machines Answers — \d+ s ago", said)
    assert "So: agent process. The host answers: its machine’s metrics" in said


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_page_and_advice_with_a_command(viewer: Client, kind: Incident.Kind) -> None:
    cluster = builders.cluster()
    for one in (cluster, builders.cluster("lab", kind="mesos")):
        incident = failed(one, kind, NEXT, 60)
        answer = viewer.get(f"/c/{one.name}/failures/{incident.pk}/")
        assert "What to do" in words(answer)
        assert "<pre" in answer.content.decode()


def test_nobody_leads_is_an_incident_without_a_subject(viewer: Client) -> None:
    incident = failed(builders.cluster(), Kind.MASTER, "", 60, name="nobody leads")
    assert "Open for 1 min — master nobody leads" in words(viewer.get(address(incident)))


def test_a_name_of_the_cluster_can_never_be_a_command(viewer: Client) -> None:
    incident = failed(builders.cluster(), Kind.SCHEDULER, "x", 60, name="a; rm -rf /")
    assert "dcos service log 'a; rm -rf /'" in words(viewer.get(address(incident)))


def test_earlier_ones_of_the_same_kind_stand_with_their_times(viewer: Client) -> None:
    said = words(viewer.get(address(story()["agent"])))
    assert "3 such incidents in 90 d before; median of 3: tasks ran again 18 s after the loss" in said
    assert said.count("5 min 02 s") == 3


def test_one_earlier_loss_is_no_expectation(viewer: Client) -> None:
    cluster = builders.cluster()
    failed(cluster, Kind.HOST, NEXT, 9_000, lasted=400, declared_after=300, rescheduled_after=320)
    said = words(viewer.get(address(failed(cluster, Kind.HOST, SILENT, 60, timeout_seconds=300.0))))
    assert "the median of" not in said and "Then rescheduled" in said


def test_the_events_that_belong_to_it_are_listed_with_the_reason(viewer: Client) -> None:
    incident = story()["agent"]
    event = Event.objects.filter(kind=Event.Kind.AGENT_STATE).latest("id")
    IncidentEvent.objects.create(incident=incident, event=event, reason="this is how it was seen")
    assert "10.0.0.242 lost its connection to Mesos this is how it was seen" in words(viewer.get(address(incident)))


def test_hostile_text_stays_text_on_the_page_and_in_the_file(viewer: Client) -> None:
    cluster = builders.cluster()
    hostile: dict[str, Any] = dict.fromkeys(("name", "effect", "kind_reason", "cause_reason", "timeout_reason"), EVIL)
    incident = failed(cluster, Kind.SCHEDULER, EVIL, 60, cause=failed(cluster, Kind.MASTER, EVIL, 90), **hostile)
    IncidentNote.objects.create(
        incident=incident, at=ago(5), by=EVIL, text=f"[x](javascript:1) http://evil.test # {EVIL}"
    )
    page = viewer.get(address(incident)).content.decode()
    assert "<script>alert" not in page and "\u202e" not in page
    file = viewer.get(address(incident, "incident.md")).content.decode()
    assert "<script>" not in file and "\u202e" not in file and "[x](" not in file
    assert "http://" not in file and r"http:\//evil.test" in file
    assert "\\<script\\>" in file


def test_the_file_holds_what_the_page_says_with_times_for_machines(viewer: Client) -> None:
    found = story()
    IncidentNote.objects.create(incident=found["agent"], at=ago(5), by="vera", text="called the data centre")
    answer = viewer.get(address(found["agent"], "incident.md"))
    text = answer.content.decode()
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="prod-incident-{found["agent"].pk}.md"'
    assert "# Incident" in text and "- Tasks at risk: 18; failed: —." in text
    assert re.search(r"- Declared lost: expected \d{4}-\d\d-\d\dT\S+Z, configured", text)
    assert re.search(r"- Agent process 10.0.0.242, \S+Z, open \(this one\)\n  - Task marathon", text)
    assert "vera: called the data centre" in text


def test_an_operator_takes_it_and_gives_it_back(operator: Client) -> None:
    incident = story()["agent"]
    said = words(operator.post(address(incident, "act/"), {"do": "take"}, follow=True))
    assert "Taken by olga" in said and "Give back" in said
    said = words(operator.post(address(incident, "act/"), {"do": "give_back"}, follow=True))
    assert "Nobody has it" in said


def test_an_operator_writes_a_note_and_closes_it(operator: Client) -> None:
    incident = story()["agent"]
    said = words(operator.post(address(incident, "act/"), {"do": "note", "text": "called them"}, follow=True))
    assert "olga called them" in said
    said = words(operator.post(address(incident, "act/"), {"do": "close"}, follow=True))
    assert said.startswith("Failures › Incident") or "Closed after" in said
    assert Incident.objects.get(pk=incident.pk).state == State.CLOSED
    assert "Add a note" in said and "Take over" not in said


def test_what_cannot_be_done_is_said_and_changes_nothing(operator: Client) -> None:
    incident = story()["master"]
    answer = operator.post(address(incident, "act/"), {"do": "take"}, follow=True)
    assert "Nothing was changed. It is over already." in answer.content.decode()
    assert Incident.objects.get(pk=incident.pk).taken_by is None
    empty = operator.post(address(incident, "act/"), {"do": "note", "text": " "}, follow=True)
    assert "Write something." in empty.content.decode() and IncidentNote.objects.count() == 0


def test_what_is_not_on_the_list_is_refused(operator: Client) -> None:
    incident = story()["agent"]
    assert operator.post(address(incident, "act/"), {"do": "explode"}).status_code == 400
    assert operator.get(address(incident, "act/")).status_code == 405


def test_a_viewer_sees_no_button_and_opens_no_door(viewer: Client) -> None:
    incident = story()["agent"]
    assert 'name="do"' not in viewer.get(address(incident)).content.decode()
    assert viewer.post(address(incident, "act/"), {"do": "close"}).status_code == 403
    assert Incident.objects.get(pk=incident.pk).state == State.OPEN


def test_without_a_csrf_token_nothing_is_done() -> None:
    incident = story()["agent"]
    user = User.objects.create_user("olga", password="x")
    grant(user, Role.OPERATOR)
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.post(address(incident, "act/"), {"do": "take"}).status_code == 403
    assert Incident.objects.get(pk=incident.pk).taken_by is None


@pytest.mark.parametrize("number", ["0", "4711", "9" * 30])
@pytest.mark.parametrize("end", ["", "incident.md"])
def test_a_number_that_is_none_of_this_cluster_is_404(viewer: Client, number: str, end: str) -> None:
    builders.cluster()
    assert viewer.get(f"/c/prod/failures/{number}/{end}").status_code == 404


def test_another_clusters_incident_is_not_found_here(operator: Client) -> None:
    builders.cluster()
    incident = failed(builders.cluster("other"), Kind.HOST, NEXT, 60)
    assert operator.get(address(incident)).status_code == 404
    assert operator.post(address(incident, "act/"), {"do": "close"}).status_code == 404
    assert Incident.objects.get(pk=incident.pk).state == State.OPEN


def test_an_incident_with_many_effects_costs_a_bounded_number_of_queries(
    viewer: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    found = story()
    for number in range(100):
        failed(found["agent"].cluster, Kind.TASK, f"f{number}", 50, cause=found["agent"], cause_reason="same agent")
    with django_assert_max_num_queries(QUERIES):
        answer = viewer.get(address(found["agent"]))
    assert "More effects" in words(answer)


FLAGS = {"agent_ping_timeout": "15secs", "max_agent_ping_timeouts": "5", "agent_reregister_timeout": "10mins"}


def test_an_incident_as_it_is_made_of_events_is_shown_from_cause_to_countdown(viewer: Client) -> None:
    cluster = builders.cluster()
    builders.write(cluster, builders.flags("10.0.0.101", ago(300), agent_id="", flags=FLAGS))
    builders.write(cluster, builders.summary(ago(100), builders.agent(NEXT), builders.agent(SILENT)))
    follow(cluster.pk, ago(99))
    builders.write(cluster, builders.summary(ago(30), builders.agent(NEXT), builders.agent(SILENT, active=False)))
    builders.write_machines(cluster, builders.host_metrics(SILENT, ago(20)), now=ago(20))
    follow(cluster.pk, ago(10))
    said = words(viewer.get(address(Incident.objects.get())))
    assert re.search(r"Open for 30 s — agent process 10.0.0.242, 3 tasks at risk", said)
    assert "Kind: agent process. The host answers: " in said
    assert re.search(r"Mesos declares it lost in 45 s; 3 tasks will be rescheduled\.", said)
    assert "configured 1 min 15 s (5 pings of 15 s each: agent_ping_timeout=15secs, max_agent_ping_timeouts=5)" in said
    assert "10.0.0.242 lost its connection to Mesos" in said


def test_alerts_of_the_host_stand_on_its_incident_and_the_incident_on_theirs(viewer: Client) -> None:
    incident = story()["agent"]
    one = alert(incident.cluster, 60, key="R38", host=SILENT, sentence="its disk is full")
    alert(incident.cluster, 60, key="R39", host=NEXT, sentence="of another node")
    page = viewer.get(address(incident)).content.decode()
    section = page.partition('id="alerts"')[2].partition("</section>")[0]
    assert f'href="/c/prod/alerts/{one.pk}/"' in section and "of another node" not in section
    other = viewer.get(f"/c/prod/alerts/{one.pk}/").content.decode()
    section = other.partition('id="failures"')[2].partition("</section>")[0]
    assert f'href="/c/prod/failures/{incident.pk}/"' in section


def test_an_operator_is_offered_an_hour_of_silence_for_a_node_that_failed(operator: Client) -> None:
    found = story()
    page = operator.get(address(found["agent"])).content.decode()
    assert f'href="/c/prod/alerts/silences/?what=node%3A{SILENT}#new"' in page
    tasks = failed(found["agent"].cluster, Kind.TASK, "f1", 50)
    for incident in (tasks, found["earlier 0"]):
        assert "Silence 1" not in operator.get(address(incident)).content.decode()


def test_failing_tasks_are_named_with_their_reason_and_message_and_lead_to_their_page(viewer: Client) -> None:
    cluster = builders.cluster()
    app = make_app(make_marathon(cluster, ago(60)), "/web", ago(60))
    task = make_failed_task(cluster, 1, ago(30), app=app, message=EVIL)
    incident = failed(cluster, Kind.TASK, "marathon:/web", 60, name="/web", tasks_failed=1)
    answer = viewer.get(address(incident))
    said, page = words(answer), answer.content.decode()
    assert "Tasks that failed 1 failed, all named" in said
    assert "failed: its command failed" in said
    assert "<script>alert" not in page
    assert f'href="/c/prod/tasks/{task.framework_id}/{task.task_id}/"' in page
    assert "dcos marathon app show /web" in said
    written = viewer.get(address(incident, "incident.md")).content.decode()
    assert "## Tasks that failed" in written and "1 failed, all named" in written
    assert r"\<script\>" in written and "<script>" not in written


def test_a_task_whose_id_no_address_can_hold_is_named_without_a_link(viewer: Client) -> None:
    cluster = builders.cluster()
    app = make_app(make_marathon(cluster, ago(60)), "/web", ago(60))
    make_failed_task(cluster, 1, ago(30), app=app, task_id="../../a b")
    said = words(viewer.get(address(failed(cluster, Kind.TASK, "marathon:/web", 60))))
    assert "../../a b" in said
