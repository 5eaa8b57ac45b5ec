from __future__ import annotations

import json
from collections import Counter
from typing import Any

from collectors.records import AppSummary, Resources, RunKind
from collectors.sources.pods import decode_pods
from tests.collectors.sources.marathon_documents import pod

MIB = 1024.0**2


def one(*states: str, past: Any = None, **spec: Any) -> AppSummary:
    dropped: Counter[str] = Counter()
    (found,) = decode_pods(json.dumps([pod("/pod", *states, **spec) | {"terminationHistory": past}]).encode(), dropped)
    assert not dropped
    return found


def test_a_pods_resources_are_the_sum_over_its_containers() -> None:
    parts = [{"name": "a", "resources": {"cpus": 0.5, "mem": 32}}, {"name": "b", "resources": {"cpus": 1, "mem": 64}}]
    found = one(containers=parts, scaling={"kind": "fixed", "instances": 3})
    assert (found.kind, found.each) == (RunKind.POD, Resources(cpus=1.5, mem_bytes=96 * MIB))
    assert (found.instances, found.image) == (3, "")


def test_a_pending_instance_waits_and_a_degraded_one_still_runs() -> None:
    found = one("PENDING", "STAGING", "STABLE", "DEGRADED", "TERMINAL")
    assert (found.staged, found.running, found.has_health_checks) == (1, 2, False)
    assert (found.healthy, found.unhealthy) == (0, 0)
    checked = one("STABLE", "DEGRADED", containers=[{"name": "a", "healthCheck": {"http": {}}}])
    assert (checked.has_health_checks, checked.healthy, checked.unhealthy) == (True, 1, 1)


def test_a_limit_is_told_only_where_every_container_has_one() -> None:
    two = [
        {"name": "a", "resourceLimits": {"cpus": 1, "mem": "unlimited"}},
        {"name": "b", "resourceLimits": {"cpus": 2}},
    ]
    found = one(containers=two)
    assert (found.cpus_limit, found.mem_limit_bytes) == (3.0, None)


def test_the_newest_container_that_failed_is_the_last_failure() -> None:
    def ended(at: str, state: str, code: int) -> dict[str, Any]:
        container = {"containerId": f"c-{at}", "lastKnownState": state, "termination": {"exitCode": code}}
        return {"instanceID": "i", "terminatedAt": f"2026-11-{at}T10:00:00Z", "containers": [container]}

    past = [ended("10", "TASK_FAILED", 1), ended("12", "TASK_FAILED", 3), ended("14", "TASK_KILLED", 0)]
    found = one(past=past).last_failure
    assert found is not None
    assert (found.task_id, found.state, found.message) == ("c-12", "TASK_FAILED", "exit code 3")
    assert one(past=past[2:]).last_failure is None


def test_a_pod_that_cannot_be_read_is_dropped_and_the_others_stay() -> None:
    dropped: Counter[str] = Counter()
    found = decode_pods(json.dumps([pod("/a"), {"id": "/b"}, {"id": "/c", "spec": {}}, 7]).encode(), dropped)
    assert ([each.app_id for each in found], dropped.total()) == (["/a"], 3)
