from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard.models import Marathon
from dashboard.queries import room
from tests import builders
from tests.alerts.rules.judging import told
from tests.applications import GIB, make_app, make_deployment, make_marathon, make_wait
from tests.builders import NOON, agent, later, summary, write

pytestmark = pytest.mark.django_db
WEB = "marathon:/web"


@pytest.fixture
def marathon() -> Marathon:
    return make_marathon(builders.cluster(), NOON)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_deployment_is_stuck_since_its_step_began_and_not_since_it_began(marathon: Marathon) -> None:
    make_deployment(marathon, NOON, "/web", step_since=NOON - timedelta(minutes=3))
    make_deployment(marathon, NOON, "/a", "/b", "/c", "/d")
    found = told("R49", marathon.cluster)
    assert {key: one.value for key, one in found.items()} == {WEB: 180, "marathon:/a": 1200}
    assert plain(found[WEB].says) == "deployment of /web: at step 1 of 2 for 3 min (RestartApplication /web)"
    assert plain(found["marathon:/a"].name) == "/a, /b, /c and 1 more"


def test_without_a_deployment_none_is_stuck_and_of_a_silent_marathon_nothing_is_known(marathon: Marathon) -> None:
    assert [one.value for one in told("R49", marathon.cluster).values()] == [0]
    make_deployment(marathon, NOON, "/web")
    found = told("R49", marathon.cluster, later(600), opened=frozenset({WEB}))
    assert {key: one.value for key, one in found.items()} == {"marathon": None, WEB: None}


def test_an_app_that_waits_is_told_with_the_reason_most_offers_were_declined_for(marathon: Marathon) -> None:
    make_wait(make_app(marathon, "/web", NOON), NOON)
    found = told("R50", marathon.cluster)[WEB]
    assert (found.value, found.measured_at) == (600, NOON)
    assert plain(found.says) == (
        "/web: 1 instance waits for an offer that fits for 10 min, 2 of 3 offers declined: too little memory"
    )


def test_an_app_that_rests_after_failures_is_measured_by_what_is_left_of_its_rest(marathon: Marathon) -> None:
    wait = {"overdue": False, "delay_seconds": 90.0, "last_offers": []}
    make_wait(make_app(marathon, "/web", NOON), NOON, **wait)
    found = told("R50", marathon.cluster)[WEB]
    assert (found.value, plain(found.says)) == (90, "/web: 1 instance is launched again in 1 min 30 s")


def test_a_queue_that_was_not_read_of_late_says_nothing_of_its_apps(marathon: Marathon) -> None:
    make_wait(make_app(marathon, "/web", NOON), NOON)
    assert {one.value for one in told("R50", marathon.cluster, later(600), opened=frozenset({WEB})).values()} == {None}


def test_room_is_in_pieces_where_all_agents_have_it_together_and_none_alone(marathon: Marathon) -> None:
    cluster = marathon.cluster
    write(cluster, summary(NOON, agent("10.0.1.1"), agent("10.0.1.2")))
    rooms = room.of_agents(cluster)
    most = max(one.free.cpus for one in rooms)
    for app_id, cpus in (("/large", most + 0.5), ("/small", most), ("/huge", 3 * most)):
        make_wait(make_app(marathon, app_id, NOON, cpus=cpus, mem_bytes=GIB / 1024), NOON)
    found = told("R23", cluster)
    assert {key: one.value for key, one in found.items()} == {
        "marathon:/large": 1,
        "marathon:/small": 0,
        "marathon:/huge": 0,
    }
    assert found["marathon:/large"].says.endswith("free on all agents, on no agent together")


def test_an_app_that_rests_is_not_told_to_lack_room(marathon: Marathon) -> None:
    make_wait(make_app(marathon, "/web", NOON, cpus=999.0), NOON, overdue=False, delay_seconds=30.0)
    assert [one.value for one in told("R23", marathon.cluster).values()] == [0]
