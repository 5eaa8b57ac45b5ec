"""Apps by the ids of their tasks, and how they stand."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard import applications
from dashboard.models import App
from dashboard.models.apps import App as AppRow

State = App.State
UUID = "06ce1970-31a3-4adc-b418-fd380b6a0824"


@pytest.mark.parametrize(
    ("task_id", "app_id"),
    [
        (f"web.{UUID}", "/web"),
        (f"shop_api.{UUID}", "/shop/api"),
        (f"shop_api-v2.instance-{UUID}._app.1", "/shop/api-v2"),
        (f"shop_api.marathon-{UUID}", "/shop/api"),
        (f"pods_kafka.instance-{UUID}.broker", "/pods/kafka"),
        (f"pods_kafka.instance-{UUID}", "/pods/kafka"),
        (f"site.example.org.{UUID}", "/site.example.org"),
    ],
)
def test_a_task_of_any_marathon_tells_its_app(task_id: str, app_id: str) -> None:
    assert applications.app_id_of_task(task_id) == app_id


@pytest.mark.parametrize(
    "task_id", ["", "ct:1479:0:report:", "broker-0__06ce1970", f".{UUID}", "driver-20261122-0001", f"{UUID}"]
)
def test_a_task_of_another_framework_has_no_app(task_id: str) -> None:
    assert applications.app_id_of_task(task_id) == ""


def test_two_marathons_may_have_an_app_of_one_id() -> None:
    assert applications.subject_key("marathon", "/web") != applications.subject_key("team", "/web")


@pytest.mark.parametrize(
    ("counts", "checked", "told"),
    [
        ((0, 0), False, (None, None)),
        ((0, 0), True, (0, 0)),
        ((2, 0), True, (2, 0)),
        ((2, 0), False, (2, 0)),
        ((None, None), False, (None, None)),
        ((0, None), False, (None, None)),
        ((0, None), True, (0, None)),
    ],
)
def test_where_nobody_checks_nobody_is_0_times_healthy(
    counts: tuple[int | None, int | None], checked: bool, told: tuple[int | None, int | None]
) -> None:
    assert applications.judged(*counts, checked=checked) == told


def app(**given: Any) -> AppRow:
    counts = {"instances": 2, "staged": 0, "running": 2, "healthy": 0, "unhealthy": 0, "has_health_checks": False}
    return App(**(counts | {"is_deploying": False} | given))


@pytest.mark.parametrize(
    ("given", "waiting", "delayed", "state"),
    [
        ({}, False, False, State.RUNNING),
        ({"instances": 0, "running": 0}, False, False, State.SUSPENDED),
        ({"instances": 0, "running": 1}, False, False, State.RUNNING),
        ({"running": 0}, False, False, State.UNHEALTHY),
        ({"running": 0, "staged": 2}, False, False, State.RUNNING),
        ({"running": 1}, False, False, State.DEGRADED),
        ({"running": 1, "staged": 1}, False, False, State.RUNNING),
        ({"running": 1}, True, False, State.WAITING),
        ({"running": 0}, True, False, State.WAITING),
        ({"running": 1}, False, True, State.DELAYED),
        ({"running": 0}, False, True, State.DELAYED),
        ({"running": 1, "is_deploying": True}, False, False, State.DEPLOYING),
        ({"is_deploying": True}, False, False, State.DEPLOYING),
        ({"healthy": 1, "unhealthy": 1, "has_health_checks": True}, False, False, State.DEGRADED),
        ({"unhealthy": 2, "has_health_checks": True}, False, False, State.UNHEALTHY),
        ({"unhealthy": 2, "has_health_checks": True, "is_deploying": True}, False, False, State.UNHEALTHY),
        ({"has_health_checks": True}, False, False, State.RUNNING),
    ],
)
def test_an_app_stands_as_its_counts_and_its_wait_say(
    given: dict[str, Any], waiting: bool, delayed: bool, state: State
) -> None:
    assert applications.state_of(app(**given), is_waiting=waiting, is_delayed=delayed) is state


def test_the_worst_state_ranks_highest() -> None:
    ranks = applications.RANK
    assert ranks[State.UNHEALTHY] == max(ranks.values()) and ranks[State.SUSPENDED] == 0
    assert ranks[State.DELAYED] > ranks[State.DEGRADED] > ranks[State.WAITING] > ranks[State.RUNNING]
