from __future__ import annotations

import json
import math
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.errors import Outcome, PollError
from collectors.records import AppSummary, Harvest, MarathonApps, Resources, RunKind, Turn
from collectors.sources.apps import SOURCE, decode_apps
from collectors.target import Kind, Target
from tests.collectors.conftest import Stage
from tests.collectors.sources.marathon_documents import APPS, PODS, app, failure, pod, scripts
from tests.faults import server as fault

MIB = 1024.0**2
TURN = Turn(tick=60, period_seconds=30)
FAILED = "/v2/apps/web?embed=app.lastTaskFailure"


def decoded(*apps: Any) -> tuple[list[AppSummary], Counter[str]]:
    dropped: Counter[str] = Counter()
    return decode_apps(json.dumps({"apps": apps}).encode(), dropped), dropped


def one(**said: Any) -> AppSummary:
    (found,), dropped = decoded(app(**said))
    assert not dropped
    return found


def asked(stage: Stage, answers: dict[str, fault.Script], *wanted: str) -> tuple[Harvest, list[str]]:
    server = stage.server(scripts() | answers)
    target = Target(Kind.MESOS, server.url, marathon_urls=(server.url,))
    turn = Turn(tick=60, period_seconds=30, failed_apps=tuple(("marathon", app_id) for app_id in wanted))
    return SOURCE.poll(target, turn), server.paths


def record(harvest: Harvest) -> MarathonApps:
    (found,) = harvest.records
    assert isinstance(found, MarathonApps)
    return found


def test_an_app_says_what_it_wants_what_runs_and_what_one_instance_is_given() -> None:
    found = one(gpus=1, role="dev", tasksStaged=1, deployments=[{"id": "d1"}], container={"docker": {"image": "nginx"}})
    assert (found.kind, found.app_id, found.instances) == (RunKind.APP, "/web", 2)
    assert found.each == Resources(cpus=0.5, mem_bytes=128 * MIB, gpus=1.0)
    assert (found.staged, found.running, found.role, found.image) == (1, 2, "dev", "nginx")
    assert found.deployments == ("d1",)
    assert found.last_changed_at == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_nobody_is_counted_as_healthy_where_nothing_is_checked() -> None:
    assert not one().has_health_checks
    assert not one(healthChecks=[]).has_health_checks
    assert not one(healthChecks=None).has_health_checks
    checked = one(healthChecks=[{"protocol": "HTTP"}], tasksHealthy=1, tasksUnhealthy=1)
    assert (checked.has_health_checks, checked.healthy, checked.unhealthy) == (True, 1, 1)


def test_an_app_without_counts_is_dropped_for_none_running_would_be_a_guess() -> None:
    told, dropped = decoded({key: value for key, value in app().items() if key != "tasksRunning"}, app("/other"))
    assert [each.app_id for each in told] == ["/other"]
    assert dropped == {"app: Object missing required field `tasksRunning`": 1}


def test_an_old_marathon_writes_null_for_what_is_not_set() -> None:
    unset = ("gpus", "role", "container", "labels", "healthChecks", "deployments", "versionInfo", "resourceLimits")
    found = one(**dict.fromkeys((*unset, "lastTaskFailure", "taskStats")))
    assert (found.labels, found.stats, found.last_failure, found.cpus_limit) == ({}, (), None, None)


def test_a_limit_is_a_number_or_unlimited_or_not_said() -> None:
    found = one(resourceLimits={"cpus": "unlimited", "mem": 256})
    assert (found.cpus_limit, found.mem_limit_bytes) == (math.inf, 256 * MIB)


@pytest.mark.parametrize("key", ["taskStats", "tasksStats"])
def test_task_statistics_are_told_under_either_name_without_what_is_not_said(key: str) -> None:
    line = {"stats": {"counts": {"staged": 0, "running": 2, "healthy": 1}, "lifeTime": {"medianSeconds": 9.5}}}
    (latest, total) = one(**{key: {"withLatestConfig": line, "totalSummary": {"stats": {}}}}).stats
    assert (latest.name, latest.running, latest.healthy, latest.unhealthy) == ("with latest config", 2, 1, None)
    assert (latest.median_life_seconds, total.name, total.running) == (9.5, "total", None)


def test_a_broken_part_of_an_app_is_dropped_alone() -> None:
    (found,), dropped = decoded(app(taskStats=7, lastTaskFailure=[], labels={"a": "1", "b": {}}))
    assert (found.stats, found.last_failure, found.labels) == ((), None, {"a": "1"})
    assert sum(dropped.values()) == 3


def test_a_failures_message_is_text_cut_short_and_safe_to_store() -> None:
    found = one(lastTaskFailure=failure(message="a\x00<b>\n" + "x" * 9000, slaveId=None))
    assert found.last_failure is not None
    assert found.last_failure.message.startswith("a\ufffd<b>\nx")
    assert len(found.last_failure.message) == 4000


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"apps": {}}'])
def test_another_shape_is_refused_with_the_reason(body: bytes) -> None:
    with pytest.raises(PollError) as caught:
        decode_apps(body, Counter())
    assert caught.value.outcome is Outcome.WRONG_SHAPE


def test_apps_and_pods_come_in_one_record(stage: Stage) -> None:
    harvest, paths = asked(stage, {PODS: fault.document([pod("/pod", "STABLE")])})
    said = record(harvest)
    assert [(each.kind, each.app_id) for each in said.apps] == [(RunKind.APP, "/web"), (RunKind.POD, "/pod")]
    assert (said.key, said.whole, said.asked, harvest.outcome) == ("marathon", True, (), Outcome.OK)
    assert paths == [APPS, PODS]


@pytest.mark.parametrize("status", ["404 Not Found", "405 Method Not Allowed"])
def test_a_marathon_before_1_4_has_no_pods_which_is_no_error(stage: Stage, status: str) -> None:
    harvest, _ = asked(stage, {PODS: fault.page(status, status=status)})
    assert (record(harvest).whole, harvest.dropped) == (True, {})


def test_pods_that_did_not_arrive_leave_the_apps_and_say_that_the_list_is_not_whole(stage: Stage) -> None:
    harvest, _ = asked(stage, {PODS: fault.page("500", status="500 Internal Server Error")})
    assert [each.app_id for each in record(harvest).apps] == ["/web"]
    assert (record(harvest).whole, harvest.outcome) == (False, Outcome.PARTIAL)


def test_the_last_failure_is_asked_for_of_apps_that_lost_tasks(stage: Stage) -> None:
    answer = fault.document({"app": app(lastTaskFailure=failure())})
    harvest, paths = asked(stage, {FAILED: answer}, "/web", "/not-listed")
    (said,) = record(harvest).apps
    assert said.last_failure is not None
    assert (said.last_failure.task_id, said.last_failure.host) == ("web.1", "10.0.0.7")
    assert (record(harvest).asked, paths[-1]) == (("/web",), FAILED)


def test_an_app_that_never_failed_was_asked_all_the_same(stage: Stage) -> None:
    harvest, _ = asked(stage, {FAILED: fault.document({"app": app()})}, "/web")
    assert (record(harvest).asked, record(harvest).apps[0].last_failure) == (("/web",), None)


def test_an_app_that_went_meanwhile_was_not_asked_and_is_no_error(stage: Stage) -> None:
    gone = fault.answer(b'{"message": "App \'/web\' does not exist"}', status="404 Not Found")
    harvest, _ = asked(stage, {FAILED: gone}, "/web")
    assert (record(harvest).asked, harvest.dropped, record(harvest).whole) == ((), {}, True)
    assert record(harvest).refused == ("/web",)


@pytest.mark.parametrize("app_id", ["/../admin", "/a//b", "/a b", "/a?force=true", "web", "/a/..", "/./a"])
def test_an_id_that_may_not_stand_in_a_url_is_not_asked_for(stage: Stage, app_id: str) -> None:
    harvest, paths = asked(stage, {APPS: fault.document({"apps": [app(app_id)]})}, app_id)
    assert paths == [APPS, PODS]
    assert harvest.dropped == {"last task failure: an id that may not stand in a URL": 1}


def test_after_a_failed_question_no_other_app_is_asked_and_the_list_stays_whole(stage: Stage) -> None:
    answers = {APPS: fault.document({"apps": [app(), app("/other")]}), FAILED: fault.reset_after(b"")}
    harvest, paths = asked(stage, answers, "/web", "/other")
    assert set(paths[2:]) == {FAILED}
    assert (len(record(harvest).apps), record(harvest).whole, harvest.outcome) == (2, True, Outcome.PARTIAL)
    assert record(harvest).refused == ("/web",)


def test_at_most_twenty_apps_are_asked_in_a_turn(stage: Stage) -> None:
    ids = [f"/a{number}" for number in range(25)]
    answers = {APPS: fault.document({"apps": [app(app_id) for app_id in ids]})}
    answers |= {f"/v2/apps{app_id}?embed=app.lastTaskFailure": fault.document({"app": {}}) for app_id in ids}
    harvest, paths = asked(stage, answers, *ids)
    assert (len(paths), len(record(harvest).asked)) == (22, 20)
