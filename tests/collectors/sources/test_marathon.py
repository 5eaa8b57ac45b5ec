from __future__ import annotations

import json
from typing import Any

import pytest

from collectors.errors import Outcome, PollError
from collectors.records import Harvest, MarathonSnapshot, Turn
from collectors.sources.marathon import SOURCE
from collectors.sources.marathon_metrics import decode_metrics
from collectors.target import Kind, Target
from tests.collectors.conftest import Stage
from tests.collectors.sources.marathon_documents import INFO, scripts
from tests.faults import server as fault

OLD = "service.mesosphere.marathon"
TURN = Turn(tick=60, period_seconds=60)


def decoded(said: Any) -> dict[str, float]:
    found, dropped = decode_metrics(json.dumps(said).encode())
    assert not dropped
    return found


def kamon(**sections: Any) -> dict[str, Any]:
    return {"start": "2026-11-22T12:00:00Z", "end": "2026-11-22T12:00:30Z", **sections}


def window(count: float = 3, **figures: Any) -> dict[str, Any]:
    return {"count": count, "min": 0, "max": 0, "mean": 0, "unit": {"name": "unknown", "label": "unknown"}, **figures}


def asked(stage: Stage, answers: dict[str, fault.Script]) -> tuple[Harvest, list[str]]:
    server = stage.server(scripts() | answers)
    return SOURCE.poll(Target(Kind.MESOS, server.url, marathon_urls=(server.url,)), TURN), server.paths


def record(harvest: Harvest) -> MarathonSnapshot:
    (found,) = harvest.records
    assert isinstance(found, MarathonSnapshot)
    return found


def test_metrics_since_1_7_are_told_by_their_names_without_the_prefix_whichever_it_is() -> None:
    said = {
        "version": "4.0.0",
        "gauges": {"my.own.marathon.apps.active.gauge": {"value": 7.0}},
        "counters": {"my.own.marathon.deployments.counter": {"count": 5}},
        "meters": {"my.own.marathon.http.responses.5xx.rate.meter": {"count": 9, "m1_rate": 0.25}},
        "timers": {
            "my.own.marathon.http.requests.duration.timer.seconds": {
                "count": 4,
                "p95": 0.5,
                "duration_units": "seconds",
            }
        },
    }
    assert decoded(said) == {
        "apps.active.gauge": 7.0,
        "deployments.counter": 5.0,
        "http.requests.duration.timer.seconds.p95": 0.5,
        "http.requests.duration.timer.seconds.count": 4.0,
        "http.responses.5xx.rate.meter": 9.0,
        "http.responses.5xx.rate.meter.m1_rate": 0.25,
    }


def test_metrics_before_1_5_get_todays_names_and_milliseconds_become_seconds() -> None:
    said = {
        "version": "3.0.0",
        "gauges": {
            f"{OLD}.app.count": {"value": 7},
            f"{OLD}.uptime": {"value": 90_500},
            "jvm.gc.PS-MarkSweep.time": {"value": 1500},
            "jvm.gc.PS-Scavenge.time": {"value": 500},
            "jvm.memory.heap.max": {"value": -1},
            f"{OLD}.leaderDuration": {"error": "java.lang.NullPointerException"},
        },
        "meters": {f"{OLD}.core.launcher.impl.TaskLauncherImpl.launchedTasks": {"count": 11, "m1_rate": 0.1}},
    }
    assert decoded(said) == {
        "apps.active.gauge": 7.0,
        "uptime.gauge.seconds": 90.5,
        "tasks.launched.counter": 11.0,
        "jvm.gc.collections.duration.gauge.seconds": 2.0,
    }


def test_kamons_gauge_is_the_largest_of_its_window_and_its_counts_are_no_totals() -> None:
    said = kamon(
        gauges={
            f"{OLD}.app.count": window(max=7),
            f"{OLD}.uptime": window(max=90_500),
            f"{OLD}.group.count": window(0),
        },
        counters={
            "org.eclipse.jetty.ServletContextHandler.5xx-responses": window(15),
            f"{OLD}.core.deployment.impl.DeploymentManagerActor.dismissedDeployments": window(2),
        },
        **{"min-max-counters": {f"{OLD}.core.launcher.impl.TaskLauncherImpl.launchedTasks": window(max=4)}},
    )
    assert decoded(said) == {
        "apps.active.gauge": 7.0,
        "uptime.gauge.seconds": 90.5,
        "http.responses.5xx.rate.meter.m1_rate": 0.5,
    }


@pytest.mark.parametrize(("label", "seconds"), [("ns", 9e-8), ("ms", 0.09), ("s", 90.0), ("n", 9e-8)])
def test_a_unit_that_kamon_names_is_believed(label: str, seconds: float) -> None:
    said = kamon(gauges={f"{OLD}.uptime": window(max=90, unit={"name": "time", "label": label})})
    assert decoded(said)["uptime.gauge.seconds"] == pytest.approx(seconds)


def test_kamons_window_without_its_times_tells_no_rate() -> None:
    said = {
        **{"start": 7, "end": "soon", "gauges": {f"{OLD}.app.count": window(max=7)}},
        "counters": {"org.eclipse.jetty.ServletContextHandler.5xx-responses": window(15)},
    }
    assert decoded(said) == {"apps.active.gauge": 7.0}


def test_of_two_names_that_end_alike_the_shorter_is_meant() -> None:
    said = {"gauges": {"marathon.other.apps.active.gauge": {"value": 9}, "marathon.apps.active.gauge": {"value": 2}}}
    assert decoded(said) == {"apps.active.gauge": 2.0}


def test_a_figure_that_is_none_is_dropped_alone() -> None:
    said = {
        "gauges": {
            "marathon.apps.active.gauge": {"value": "7"},
            "marathon.pods.active.gauge": {"value": 1},
            "marathon.groups.active.gauge": 3,
            f"{'x.' * 200}instances.running.gauge": {"value": 1},
        },
        "counters": [],
    }
    found, dropped = decode_metrics(json.dumps(said).encode())
    assert found == {"pods.active.gauge": 1.0}
    assert dropped.total() == 2


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"master/elected": 1.0}', b"pong"])
def test_what_has_no_metric_of_a_marathon_is_refused(body: bytes) -> None:
    with pytest.raises(PollError) as caught:
        decode_metrics(body)
    assert caught.value.outcome in {Outcome.WRONG_SHAPE, Outcome.NOT_JSON}


def test_a_marathon_tells_who_it_is_and_its_leader_is_asked_for_only_where_that_is_not_said(stage: Stage) -> None:
    harvest, paths = asked(stage, {})
    said = record(harvest)
    assert (said.key, said.name, said.version, said.framework_id) == ("marathon", "marathon", "1.11.24", "f-0000")
    assert (said.leader, said.metrics, harvest.outcome) == ("10.0.0.2:8080", {"apps.active.gauge": 2.0}, Outcome.OK)
    assert paths == ["/v2/info", "/metrics"]


def test_that_nobody_leads_is_a_fact_and_no_error(stage: Stage) -> None:
    info = fault.document({key: value for key, value in INFO.items() if key != "leader"})
    nobody = fault.answer(b'{"message": "There is no leader"}', status="404 Not Found")
    harvest, paths = asked(stage, {"/v2/info": info, "/v2/leader": nobody})
    assert (record(harvest).leader, harvest.outcome) == ("", Outcome.OK)
    assert paths == ["/v2/info", "/v2/leader", "/metrics"]


def test_without_permission_for_its_metrics_a_marathon_is_known_all_the_same(stage: Stage) -> None:
    harvest, _ = asked(stage, {"/metrics": fault.page("403 Forbidden", status="403 Forbidden")})
    assert (record(harvest).version, record(harvest).metrics) == ("1.11.24", {})
    assert harvest.outcome is Outcome.PARTIAL
