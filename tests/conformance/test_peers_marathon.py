"""What another tool expects of a Marathon's answers: its own cases, where they are present beside the repository.

Some of its names are settings of an app, which are no figures here: they are compared with what an app's configuration says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from collectors.login import Account
from collectors.records import Harvest, MarathonApps, MarathonDeployments, MarathonQueue, Turn
from collectors.sessions import Sessions
from collectors.sources import apps, deployments, queue
from collectors.sources.source import Source
from collectors.target import Kind, Target
from tests.collectors.sources.marathon_documents import APPS, PODS, QUEUE
from tests.collectors.sources.marathon_documents import app as whole_app
from tests.faults import server as fault
from tests.faults.server import Connection, FaultServer, Script

PATH = Path(__file__).resolve().parents[3] / "shared" / "conformance" / "datadog-marathon.json"
MIB = 1024.0**2
LOGIN = "/acs/api/v1/auth/login"
SOURCES: dict[str, tuple[Source, str]] = {
    "/v2/apps?embed=apps.counts": (apps.SOURCE, APPS),
    "/v2/deployments": (deployments.SOURCE, "/v2/deployments"),
    "/v2/queue": (queue.SOURCE, QUEUE),
}
Point = tuple[str, dict[str, str], float]


def cases() -> list[Any]:
    if not PATH.is_file():
        return [pytest.param(None, marks=pytest.mark.skip(reason="no conformance cases beside the repository"))]
    return [pytest.param(case, id=case["id"]) for case in json.loads(PATH.read_text())["cases"]]


def in_turn(*answers: Script) -> Script:
    """One answer after the other; the last again and again."""
    left = list(answers)

    def script(to: Connection) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(to)

    return script


def script_of(step: dict[str, Any]) -> Script:
    response = step["response"]
    status = "200 OK" if response["status"] == 200 else f"{response['status']} Refused"
    return fault.answer(json.dumps(response["body"]).encode(), status=status)


def polled(case: dict[str, Any]) -> tuple[list[Harvest], list[str]]:
    """The case's answers served behind Admin Router, each of its endpoints polled once by the source that reads it."""
    steps = case.get("sequence", [case])
    scripts: dict[str, list[Script]] = {f"/service/marathon{PODS}": [fault.document([])]}
    for step in steps:
        _, path = SOURCES.get(step["endpoint"], (None, ""))
        scripts.setdefault(f"/service/marathon{path}" if path else step["endpoint"], []).append(script_of(step))
    with ExitStack() as stack:
        front = stack.enter_context(FaultServer({path: in_turn(*answers) for path, answers in scripts.items()}))
        account = Account("reader", "secret") if LOGIN in scripts else None
        target = Target(Kind.DCOS, front.url, account=account, sessions=Sessions())
        asked = dict.fromkeys(step["endpoint"] for step in steps if step["endpoint"] in SOURCES)
        turn = Turn(tick=0, period_seconds=30)
        return [SOURCES[endpoint][0].poll(target, turn) for endpoint in asked], front.paths


def points(harvests: list[Harvest]) -> Iterator[Point]:
    """The records in the other tool's names."""
    waits: dict[str, int] = {}
    listed: list[str] = []
    for harvest in harvests:
        for record in harvest.records:
            if isinstance(record, MarathonApps):
                # An entry that cannot be read is counted too: the list said that there is one.
                yield "apps", {}, len(record.apps) + sum(harvest.dropped.values())
                listed = [one.app_id for one in record.apps]
                yield from of_apps(record)
            elif isinstance(record, MarathonDeployments):
                yield "deployments", {}, len(record.deployments)
            elif isinstance(record, MarathonQueue):
                waits = {one.app_id: one.count for one in record.waiting}
                yield "queue.size", {}, len(record.waiting)
                yield from of_queue(record)
    for app_id in dict.fromkeys((*listed, *waits)):
        yield "queue.count", {"app_id": app_id}, waits.get(app_id, 0)


def of_apps(record: MarathonApps) -> Iterator[Point]:
    for one in record.apps:
        tags = {"app_id": one.app_id, "version": one.version, **one.labels}
        for name, value in {
            **{"instances": one.instances, "cpus": one.each.cpus, "mem": one.each.mem_bytes / MIB},
            **{"disk": one.each.disk_bytes / MIB, "tasksRunning": one.running, "tasksStaged": one.staged},
            **{"tasksHealthy": one.healthy, "tasksUnhealthy": one.unhealthy},
            **{name: float(one.config[name]) for name in ("backoffFactor", "backoffSeconds") if name in one.config},
        }.items():
            yield name, tags, value


def of_queue(record: MarathonQueue) -> Iterator[Point]:
    for one in record.waiting:
        tags = {"app_id": one.app_id}
        yield "queue.delay", tags, one.delay_seconds
        if one.offers_processed is not None and one.offers_unused is not None:
            yield "queue.offers.processed", tags, one.offers_processed
            yield "queue.offers.unused", tags, one.offers_unused
        for name, rejections in (("last", one.last_offers), ("launch", one.since_launch)):
            for said in rejections:
                for status, value in (("declined", said.declined), ("processed", said.processed)):
                    yield f"queue.offers.reject.{name}", {**tags, "reason": said.reason, "status": status}, value


@pytest.mark.parametrize("case", cases())
def test_a_peers_case_holds(case: dict[str, Any]) -> None:
    harvests, paths = polled(case)
    found = list(points(harvests))
    for wanted in case["expect"]["metrics"]:
        name, tags = wanted["datadog_name"].removeprefix("marathon."), wanted.get("tags", {}).items()
        values = [value for said, carried, value in found if said == name and tags <= carried.items()]
        assert any(value == pytest.approx(wanted["value"], rel=1e-9) for value in values), wanted
    # An account signs in before its first question; a refusal costs one sign-in more.
    assert paths.count(LOGIN) == case["expect"].get("logins", 0) + (LOGIN in paths)


def test_a_whole_app_has_every_name_that_is_compared() -> None:
    body = {"apps": [whole_app(backoffFactor=1.15, backoffSeconds=1)]}
    case = {"endpoint": "/v2/apps?embed=apps.counts", "response": {"status": 200, "body": body}}
    assert len({name for name, *_ in points(polled(case)[0])}) == 12
