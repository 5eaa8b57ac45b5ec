from __future__ import annotations

import base64

import pytest

from collectors import login
from collectors.errors import Outcome
from collectors.login import Account
from collectors.probe import Probe, probe
from collectors.sessions import Sessions
from collectors.target import Kind, Target
from tests.collectors.conftest import Stage, agent, snapshot, summary
from tests.collectors.sources.container_documents import entry, get_containers
from tests.collectors.sources.machines import ANSWERING, LEADER, machine, path_of
from tests.collectors.sources.marathon_documents import scripts
from tests.faults import server as fault
from tests.faults.server import FaultServer

UNIT = {"UnitName": "dcos-net.service", "Health": 0}
NODE = {"Role": "agent", "IP": "10.0.0.1", "Health": 0, "Units": [UNIT, {**UNIT, "UnitName": "b.service"}]}

GONE = {"id": {"value": "S9"}, "timestamp": {"nanoseconds": 1}}

CLAIMS = base64.urlsafe_b64encode(b'{"uid":"ana","exp":4102444799}').rstrip(b"=").decode()


def router(stage: Stage) -> FaultServer:
    return stage.server(
        {
            "/dcos-metadata/dcos-version.json": fault.document({"version": "2.1.0", "dcos-variant": "open"}),
            "/mesos/redirect": fault.redirect("//127.0.0.40:5050"),
            "/mesos/metrics/snapshot": fault.document(snapshot(elected=True)),
            "/mesos/master/state-summary": fault.document(summary(agent("10.0.0.7"), agent("10.0.0.8"))),
            "/mesos/registrar(1)/registry": fault.document({"master": {"info": {}}, "gone": {"slaves": [GONE]}}),
            "/mesos/master/roles": fault.document({"roles": [{"name": "*"}]}),
            "/mesos/api/v1": fault.document({"get_tasks": {}}),
            **scripts("/service/marathon"),
            "/system/health/v1/nodes": fault.document({"nodes": []}),
            "/system/health/v1/report": fault.document({"Nodes": {"10.0.0.1": NODE}}),
            path_of("id-of-10.0.0.7"): fault.document(machine()),
            "/agent/id-of-10.0.0.7/metrics/snapshot": fault.document({"slave/registered": 1.0}),
            "/agent/id-of-10.0.0.7/api/v1": fault.document(get_containers(entry("c1", resource_statistics={}))),
            "/agent/id-of-10.0.0.7/flags": fault.document({"flags": {"isolation": "posix/cpu"}}),
            "/mesos/flags": fault.document({"flags": {"quorum": "1"}}),
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
        ("Registry", Outcome.OK, "0 agents, 0 unreachable, 1 marked gone"),
        ("Roles and quota", Outcome.OK, "1 role"),
        ("Tasks", Outcome.OK, "0 tasks under way"),
        ("Apps and pods", Outcome.OK, "1 app, 0 pods"),
        ("Deployments", Outcome.OK, "1 deployment under way"),
        ("Launch queue", Outcome.OK, "1 app waiting"),
        ("Marathon", Outcome.OK, "Marathon 1.11.24, 10.0.0.2:8080 leads, 1 metric"),
        ("Component health", Outcome.OK, "2 units on 1 node"),
        ("Machines", Outcome.OK, "1 agent and 1 master measured, as a sample"),
        ("Machines: 10.0.0.7", Outcome.OK, "asked through Admin Router"),
        ("Machines: 127.0.0.40", Outcome.OK, "asked through Admin Router"),
        ("Mesos agents", Outcome.OK, "1 agent registered, as a sample"),
        ("Mesos agents: 10.0.0.7", Outcome.OK, "asked through Admin Router"),
        ("Containers", Outcome.OK, "1 container on 1 agent, as a sample"),
        ("Containers: 10.0.0.7", Outcome.OK, "asked through Admin Router"),
        ("Mesos flags", Outcome.OK, "flags of 1 master and 1 agent, as a sample"),
        ("Mesos flags: 127.0.0.40", Outcome.OK, "asked through Admin Router"),
        ("Mesos flags: 10.0.0.7", Outcome.OK, "asked through Admin Router"),
    ]
    assert all(line.seconds >= 0 and line.endpoint.startswith("/") for line in lines)


def test_one_missing_permission_leaves_the_other_lines_good(stage: Stage) -> None:
    front = router(stage)
    front.scripts["/system/health/v1/report"] = fault.page("403 Forbidden", status="403 Forbidden")
    lines = {line.what: line for line in probe(Target(Kind.DCOS, front.url))}
    assert lines["Component health"].outcome is Outcome.FORBIDDEN
    assert "dcos:adminrouter:ops:system-health" in lines["Component health"].detail
    assert lines["Agents and frameworks"].outcome is Outcome.OK


def test_where_no_agent_is_known_no_line_says_that_agents_answered(stage: Stage) -> None:
    front = router(stage)
    front.scripts["/mesos/master/state-summary"] = fault.page("no", status="401 Unauthorized")
    lines = {line.what: line for line in probe(Target(Kind.DCOS, front.url))}
    assert lines["Agents and frameworks"].outcome is Outcome.AUTH and lines["leader"].outcome is Outcome.OK
    assert "Mesos agents" not in lines


def test_an_agent_without_a_master_is_told_as_one(stage: Stage) -> None:
    front = router(stage)
    front.scripts["/agent/id-of-10.0.0.7/metrics/snapshot"] = fault.document({"slave/registered": 0.0})
    line = next(line for line in probe(Target(Kind.DCOS, front.url)) if line.what == "Mesos agents")
    assert (line.outcome, line.detail) == (Outcome.OK, "1 agent not registered, as a sample")


def signing_in(front: FaultServer, password: str = "hush") -> list[Probe]:
    return list(probe(Target(Kind.DCOS, front.url, account=Account("ana", password), sessions=Sessions())))


def test_the_sign_in_has_a_line_of_its_own(stage: Stage) -> None:
    front = router(stage)
    front.scripts[login.PATH] = fault.document({"token": f"a.{CLAIMS}.c"})
    version, signed, *others = signing_in(front)
    assert (version.what, version.outcome) == ("identity", Outcome.OK)
    assert (signed.what, signed.endpoint, signed.outcome) == ("sign-in", login.PATH, Outcome.OK)
    assert signed.detail == (
        "Signed in as ana; the token holds until 2099-12-31 23:59 UTC; "
        "over http, so user name and password were readable on the way"
    )
    behind = {line.what: line.outcome for line in others}
    assert behind["leader"] is behind["Agents and frameworks"] is behind["Machines"] is Outcome.OK
    assert front.paths.count(login.PATH) == 1
    assert [seen.headers.get("authorization") for seen in front.seen[:2]] == [None, None]
    assert all(seen.headers["authorization"] == f"token=a.{CLAIMS}.c" for seen in front.seen[2:])


def test_a_token_that_keeps_its_end_to_itself_is_told_as_such(stage: Stage) -> None:
    front = router(stage)
    front.scripts[login.PATH] = fault.document({"token": "a.b.c"})
    assert "the token does not say how long it holds" in signing_in(front)[1].detail


def test_after_a_sign_in_that_failed_nothing_else_is_asked(stage: Stage) -> None:
    front = router(stage)
    front.scripts[login.PATH] = fault.page("no", status="401 Unauthorized")
    version, signed = signing_in(front, "hush-hush")
    assert (version.outcome, signed.outcome) == (Outcome.OK, Outcome.AUTH)
    assert "the user name or password was refused" in signed.detail and "hush" not in signed.detail
    assert len(front.seen) == 2


def test_each_test_of_a_connection_signs_in_anew(stage: Stage) -> None:
    front, sessions = router(stage), Sessions()
    target = Target(Kind.DCOS, front.url, account=Account("ana", "hush"), sessions=sessions)
    front.scripts[login.PATH] = fault.document({"token": "a.b.c"})
    assert list(probe(target))[1].outcome is Outcome.OK
    front.scripts[login.PATH] = fault.page("no", status="401 Unauthorized")
    assert list(probe(target))[1].outcome is Outcome.AUTH


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


def test_marathons_beside_the_root_one_have_a_line_each_and_plain_mesos_without_any_has_none(stage: Stage) -> None:
    front = router(stage)
    other = f"{front.url}/service/other"
    lines = [line.what for line in probe(Target(Kind.DCOS, front.url, marathon_urls=(other,)))]
    assert [what for what in lines if what.startswith("Launch")] == [
        *("Launch queue", "Launch queue: marathon", "Launch queue: other"),
    ]
    master = stage.master(elected=True)
    assert not {"Apps and pods", "Marathon"} & {line.what for line in probe(Target(Kind.MESOS, master.url))}
