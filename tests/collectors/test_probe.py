from __future__ import annotations

import pytest

from collectors.errors import Outcome
from collectors.probe import probe
from collectors.target import Kind, Target
from tests.collectors.conftest import Stage, agent, snapshot, summary
from tests.collectors.sources.machines import ANSWERING, LEADER, machine, path_of
from tests.faults import server as fault
from tests.faults.server import FaultServer

UNIT = {"UnitName": "dcos-net.service", "Health": 0}
NODE = {"Role": "agent", "IP": "10.0.0.1", "Health": 0, "Units": [UNIT, {**UNIT, "UnitName": "b.service"}]}


def router(stage: Stage) -> FaultServer:
    return stage.server(
        {
            "/dcos-metadata/dcos-version.json": fault.document({"version": "2.1.0", "dcos-variant": "open"}),
            "/mesos/redirect": fault.redirect("//127.0.0.40:5050"),
            "/mesos/metrics/snapshot": fault.document(snapshot(elected=True)),
            "/mesos/master/state-summary": fault.document(summary(agent("10.0.0.7"), agent("10.0.0.8"))),
            "/system/health/v1/nodes": fault.document({"nodes": []}),
            "/system/health/v1/report": fault.document({"Nodes": {"10.0.0.1": NODE}}),
            path_of("id-of-10.0.0.7"): fault.document(machine()),
            LEADER: fault.document(machine("127.0.0.40")),
            ANSWERING: fault.document(machine("127.0.0.40")),
        }
    )


def test_a_good_cluster_is_told_line_by_line(stage: Stage) -> None:
    lines = list(probe(Target(Kind.DCOS, router(stage).url)))
    assert [(line.what, line.outcome, line.detail) for line in lines] == [
        ("identity", Outcome.OK, "DC/OS 2.1.0 open"),
        ("leader", Outcome.OK, "127.0.0.40:5050 leads"),
        ("Mesos masters", Outcome.OK, "1 master, 127.0.0.40 leads"),
        ("Mesos masters: 127.0.0.40", Outcome.OK, "asked through Admin Router"),
        ("Agents and frameworks", Outcome.OK, "2 agents, 0 frameworks"),
        ("Component health", Outcome.OK, "2 units on 1 node"),
        ("Machines", Outcome.OK, "1 agent and 1 master measured, as a sample"),
        ("Machines: 10.0.0.7", Outcome.OK, "asked through Admin Router"),
        ("Machines: 127.0.0.40", Outcome.OK, "asked through Admin Router"),
    ]
    assert all(line.seconds >= 0 and line.endpoint.startswith("/") for line in lines)


def test_one_missing_permission_leaves_the_other_lines_good(stage: Stage) -> None:
    front = router(stage)
    front.scripts["/system/health/v1/report"] = fault.page("403 Forbidden", status="403 Forbidden")
    lines = {line.what: line for line in probe(Target(Kind.DCOS, front.url))}
    assert lines["Component health"].outcome is Outcome.FORBIDDEN
    assert "dcos:adminrouter:ops:system-health" in lines["Component health"].detail
    assert lines["Agents and frameworks"].outcome is Outcome.OK


@pytest.mark.parametrize(("kind", "what"), [(Kind.MESOS, "leader"), (Kind.DCOS, "identity")])
def test_an_address_where_nothing_answers_is_asked_once(kind: Kind, what: str) -> None:
    lines = list(probe(Target(kind, f"http://127.0.0.1:{fault.free_port()}")))
    assert [(line.what, line.outcome) for line in lines] == [(what, Outcome.REFUSED)]


def test_what_was_dropped_is_in_the_line(stage: Stage) -> None:
    front = router(stage)
    front.scripts["/mesos/master/state-summary"] = fault.document(summary(agent("10.0.0.7"), {"id": "broken"}))
    line = next(line for line in probe(Target(Kind.DCOS, front.url)) if line.what == "Agents and frameworks")
    assert line.outcome is Outcome.PARTIAL
    assert line.detail.startswith("1 agent, 0 frameworks; 1 dropped (agent: ")
