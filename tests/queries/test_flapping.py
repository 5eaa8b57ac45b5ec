from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import App, Cluster, Event
from dashboard.queries import flapping
from dashboard.queries.flapping import State
from dashboard.queries.restarts import Restart, What, of_events
from tests import builders
from tests.applications import make_app, make_failed_task, make_marathon
from tests.builders import later

pytestmark = pytest.mark.django_db

Kind = Event.Kind
NOW = later(100_000)
MINUTE, HOUR = 60.0, 3600.0


def told(cluster: Cluster, kind: Event.Kind, subject: str, ago: float, **said: str) -> None:
    """An event so many seconds before NOW."""
    at = NOW - timedelta(seconds=ago)
    Event.objects.create(cluster=cluster, kind=kind, subject=subject, name=subject, taken_at=at, seen_at=at, **said)


def unit(cluster: Cluster, ago: float, after: str, before: str = "Healthy") -> None:
    told(cluster, Kind.UNIT_HEALTH, "dcos-net.service", ago, place="10.0.0.1", before=before, after=after)


def started(cluster: Cluster, kind: Event.Kind, subject: str, ago: float, *, life: float) -> None:
    at = NOW - timedelta(seconds=ago)
    words = {"before": (at - timedelta(seconds=life)).isoformat(), "after": at.isoformat()}
    told(cluster, kind, subject, ago, **words)


def agent(cluster: Cluster, ago: float, before: str, after: str) -> None:
    told(cluster, Kind.AGENT_STATE, "10.0.0.1", ago, before=before, after=after)


def judged(*ago: float, life: float | None = None) -> State:
    lived = None if life is None else timedelta(seconds=life)
    return flapping.judge([Restart(NOW - timedelta(seconds=one), lived) for one in ago], NOW)


@pytest.mark.parametrize(
    ("ago", "life", "state"),
    [
        ((10,), None, State.STEADY),
        ((20, 10), None, State.STEADY),
        ((600, 300, 60), 60, State.FLAPPING),
        ((1200, 300, 60), 60, State.RESTARTING),
        ((1500, 1300, 1000), 60, State.RECOVERED),
        ((20 * HOUR, 10 * HOUR, HOUR), 9 * HOUR, State.RESTARTING),
        ((23 * HOUR, 22 * HOUR, 21 * HOUR), 9 * HOUR, State.RECOVERED),
        ((1500, 1300, 1000), 600, State.RESTARTING),
    ],
)
def test_the_states_are_told_apart_by_how_often_and_how_long_ago(
    ago: tuple[float, ...], life: float | None, state: State
) -> None:
    assert judged(*ago, life=life) is state


def test_a_unit_that_turns_unhealthy_again_and_again_flaps_with_the_lives_between() -> None:
    cluster = builders.cluster()
    for ago in (600, 400, 100):
        unit(cluster, ago, "Unhealthy")
        unit(cluster, ago - 50, "Healthy", before="Unhealthy")
    board = flapping.board(cluster, NOW)
    (row,) = board.rows
    assert (row.subject.what, row.subject.key, row.subject.host) == (What.COMPONENT, "dcos-net.service", "10.0.0.1")
    assert (row.state, len(row.restarts), row.last_hour) == (State.FLAPPING, 3, 3)
    assert (row.shortest_life, row.median_life) == (timedelta(seconds=150), timedelta(seconds=200))
    assert row.since == NOW - timedelta(seconds=600)
    assert board.counts == {State.FLAPPING: 1, State.RESTARTING: 0, State.DOWN: 0, State.RECOVERED: 0, State.STEADY: 0}


def test_what_was_unhealthy_when_it_was_first_seen_has_not_restarted() -> None:
    cluster = builders.cluster()
    unit(cluster, 600, "Unhealthy", before="")
    assert flapping.board(cluster, NOW).rows == ()


def test_a_restart_of_an_agent_and_its_return_are_one_restart() -> None:
    cluster = builders.cluster()
    agent(cluster, 300, "active", "inactive")
    started(cluster, Kind.AGENT_RESTART, "10.0.0.1", 280, life=5000)
    agent(cluster, 270, "inactive", "active")
    (row,) = flapping.board(cluster, NOW).rows
    assert (row.subject.what, len(row.restarts), row.shortest_life) == (What.AGENT, 1, timedelta(seconds=5000))


def test_an_agent_that_is_lost_and_back_without_a_restart_counts_too() -> None:
    cluster = builders.cluster()
    for ago in (3000, 2000):
        agent(cluster, ago, "active", "inactive")
        agent(cluster, ago - 50, "inactive", "unregistered")
        agent(cluster, ago - 100, "unregistered", "active")
    (row,) = flapping.board(cluster, NOW).rows
    assert (len(row.restarts), row.shortest_life) == (2, timedelta(seconds=900))


def test_drained_and_deactivated_agents_have_not_restarted() -> None:
    cluster = builders.cluster()
    agent(cluster, 300, "active", "draining")
    agent(cluster, 200, "draining", "active")
    assert flapping.board(cluster, NOW).rows == ()


def test_masters_and_schedulers_stand_on_the_board_worst_first() -> None:
    cluster = builders.cluster()
    started(cluster, Kind.MASTER_RESTART, "10.0.0.101", HOUR, life=40 * HOUR)
    for ago in (500, 300, 100):
        told(cluster, Kind.FRAMEWORK_STATE, "f1", ago, before="active", after="disconnected")
        told(cluster, Kind.FRAMEWORK_STATE, "f1", ago - 10, before="disconnected", after="active")
    rows = flapping.board(cluster, NOW).rows
    assert [(row.subject.what, row.state) for row in rows] == [
        (What.SCHEDULER, State.FLAPPING),
        (What.MASTER, State.STEADY),
    ]
    assert rows[1].median_life == timedelta(hours=40)


def test_episodes_are_runs_of_three_and_more_newest_first() -> None:
    cluster = builders.cluster()
    days = 86_400.0
    for ago in (5 * days, 5 * days - HOUR, 5 * days - 2 * HOUR, 3 * days, 600, 400, 100):
        started(cluster, Kind.AGENT_RESTART, "10.0.0.1", ago, life=200)
    found = flapping.seen(cluster, NOW).episodes
    assert [(one.restarts, one.goes_on, one.lasted) for one in found] == [
        (3, True, timedelta(seconds=500)),
        (3, False, timedelta(hours=2)),
    ]


def test_a_start_that_cannot_be_read_is_a_restart_of_unknown_life() -> None:
    event = Event(kind=Kind.MASTER_RESTART, subject="m1", name="m1", before="yesterday", after="", taken_at=NOW)
    ((_, restarts),) = of_events([event]).items()
    assert restarts == [Restart(NOW, None)]


def test_one_look_at_the_events_is_the_board_the_episodes_and_the_lives(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    cluster = builders.cluster()
    for last in range(30):
        started(cluster, Kind.AGENT_RESTART, f"10.0.0.{last}", 100 + last, life=200)
    with django_assert_num_queries(2):
        assert len(flapping.board(cluster, NOW).rows) == 30
    with django_assert_num_queries(2):
        seen = flapping.seen(cluster, NOW)
    assert (len(seen.board.rows), seen.episodes) == (30, ())
    assert seen.lives(seen.board.rows[0].subject) == [timedelta(seconds=200)]


def test_lives_are_of_one_node_and_a_week_back() -> None:
    cluster = builders.cluster()
    for place, ago in (("10.0.0.1", 4 * 24 * HOUR), ("10.0.0.2", 40), ("10.0.0.1", 20)):
        told(cluster, Kind.UNIT_HEALTH, "u", ago + 10, place=place, before="Unhealthy", after="Healthy")
        told(cluster, Kind.UNIT_HEALTH, "u", ago, place=place, before="Healthy", after="Unhealthy")
    seen = flapping.seen(cluster, NOW)
    assert [(row.subject.host, len(seen.lives(row.subject))) for row in seen.board.rows] == [
        ("10.0.0.1", 2),
        ("10.0.0.2", 1),
    ]


def test_what_has_not_come_back_is_down_and_does_not_live() -> None:
    cluster = builders.cluster()
    unit(cluster, 50, "Unhealthy")
    (row,) = flapping.board(cluster, NOW).rows
    assert (row.state, row.mark.mark, row.lives_for) == (State.DOWN, "bad", None)
    assert row.since == NOW - timedelta(seconds=50)
    unit(cluster, 40, "Healthy", before="Unhealthy")
    (row,) = flapping.board(cluster, NOW).rows
    assert (row.state, row.lives_for) == (State.STEADY, timedelta(seconds=40))


def test_an_agent_that_restarted_and_was_lost_afterwards_is_down_until_it_is_drained() -> None:
    cluster = builders.cluster()
    started(cluster, Kind.AGENT_RESTART, "10.0.0.1", 5000, life=5000)
    agent(cluster, 100, "active", "unreachable")
    assert [row.state for row in flapping.board(cluster, NOW).rows] == [State.DOWN]
    agent(cluster, 50, "unreachable", "gone")
    assert [row.state for row in flapping.board(cluster, NOW).rows] == [State.STEADY]


def test_a_scheduler_that_completed_is_no_longer_down() -> None:
    cluster = builders.cluster()
    told(cluster, Kind.FRAMEWORK_STATE, "f1", 300, before="active", after="disconnected")
    assert [row.state for row in flapping.board(cluster, NOW).rows] == [State.DOWN]
    told(cluster, Kind.FRAMEWORK_STATE, "f1", 200, before="disconnected", after="completed")
    assert [row.state for row in flapping.board(cluster, NOW).rows] == [State.STEADY]


def test_three_restarts_that_ended_down_are_an_episode_that_goes_on() -> None:
    cluster = builders.cluster()
    for ago in (4 * HOUR, 3 * HOUR, 2 * HOUR):
        unit(cluster, ago, "Unhealthy")
    (episode,) = flapping.seen(cluster, NOW).episodes
    assert (episode.restarts, episode.goes_on) == (3, True)


def app_of(cluster: Cluster) -> App:
    return make_app(make_marathon(cluster, NOW), "/web", NOW)


def ended(cluster: Cluster, app: App, number: int, ago: float, lived: float, **said: str) -> None:
    make_failed_task(cluster, number, NOW - timedelta(seconds=ago), app=app, lived=timedelta(seconds=lived), **said)


def test_an_app_whose_tasks_end_again_and_again_flaps_with_their_lives() -> None:
    cluster = builders.cluster()
    app = app_of(cluster)
    for number, ago in enumerate((600, 400, 100)):
        ended(cluster, app, number, ago, 20 + number)
    (row,) = flapping.board(cluster, NOW).rows
    assert (row.subject.what, row.subject.key, row.subject.name) == (What.APP, "marathon:/web", "/web")
    assert (row.what_word, row.state, row.last_hour) == ("App", State.FLAPPING, 3)
    assert (row.shortest_life, row.median_life) == (timedelta(seconds=20), timedelta(seconds=21))


def test_tasks_that_somebody_killed_are_no_restarts_of_their_app() -> None:
    cluster = builders.cluster()
    app = app_of(cluster)
    for number in range(5):
        ended(cluster, app, number, 100 * number, 20, state="TASK_KILLED", reason="")
    assert flapping.board(cluster, NOW).rows == ()


def test_an_app_of_which_nothing_runs_is_down() -> None:
    cluster = builders.cluster()
    app = app_of(cluster)
    App.objects.update(running=0)
    ended(cluster, app, 1, 100, 3000)
    (row,) = flapping.board(cluster, NOW).rows
    assert (row.state, row.lives_for) == (State.DOWN, None)
