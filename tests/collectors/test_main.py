from __future__ import annotations

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from collectors.__main__ import main
from collectors.simulator import Settings, Simulator
from tests.collectors.conftest import Stage, agent, snapshot, summary
from tests.collectors.sources.machines import LEADER, machine, message, path_of, point
from tests.collectors.sources.marathon_documents import scripts
from tests.faults import server as fault
from tests.faults.server import FaultServer


def master(stage: Stage) -> FaultServer:
    return stage.server(
        {
            "/metrics/snapshot": fault.document(snapshot(elected=True)),
            "/master/state-summary": fault.document(summary(agent("10.0.0.8"), agent("10.0.0.7"))),
        }
    )


def test_a_cluster_is_shown_as_a_table(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", master(stage).url]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["agent", "active", "cpus", "of", "mem", "GiB", "of", "running"]
    assert lines[1].split() == ["10.0.0.7", "yes", "1.5", "4", "2.00", "2.00", "2"]


def test_or_as_a_json_object_a_line(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["masters", master(stage).url, "--kind", "mesos", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["record"] == "MasterSnapshot"
    assert json.loads(line)["metrics"]["master/tasks_failed"] == 3


def test_a_url_that_answers_as_admin_router_is_dcos(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    router = stage.server({"/mesos/master/state-summary": fault.document(summary())})
    router.scripts["/dcos-metadata/dcos-version.json"] = fault.document({"version": "2.1.0"})
    assert main(["summary", router.url]) == 0
    assert "2.1.0" in capsys.readouterr().out


def test_metrics_of_applications_are_found_by_the_containers_that_agents_list(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Simulator(Settings(agents=2)).running() as simulator:
        assert main(["app_metrics", simulator.router_url, "--kind", "dcos"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["agent", "container", "tags", "metric", "value", "measured", "UTC"]
    assert ["requests", "1"] in [line[-3:-1] for line in lines[1:]]


def test_component_health_is_a_line_for_each_unit_and_each_dark_node(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    unit = {"UnitName": "dcos-net.service", "Health": 1}
    nodes = {"10.0.0.1": {"Role": "agent", "Health": 1, "Units": [unit]}, "10.0.0.2": {"Role": "agent", "Health": 3}}
    router = stage.server({"/system/health/v1/report": fault.document({"Nodes": {**nodes, "10.0.0.3": {}}})})
    assert main(["component_health", router.url, "--kind", "dcos"]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[1].split() == ["10.0.0.1", "agent", "unhealthy", "dcos-net.service", "unhealthy"]
    assert said.out.splitlines()[2].split() == ["10.0.0.2", "agent", "unknown", "no", "data"]
    assert said.err.startswith("dropped 1: node: ")


def test_machines_are_found_in_the_summary_and_shown_a_line_each(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    router = stage.server(
        {
            "/mesos/master/state-summary": fault.document(summary(agent("b"), agent("a"), agent("gone"))),
            LEADER: fault.document(machine("10.0.0.100")),
            path_of("id-of-a"): fault.document(machine()),
            path_of("id-of-b"): fault.document(message(point("load.1min", 1.5))),
        }
    )
    assert main(["nodes", router.url, "--kind", "dcos"]) == 0
    said = capsys.readouterr()
    head, *rows = [line.split() for line in said.out.splitlines() if line]
    assert head[:4] == ["machine", "role", "cpu", "%"]
    assert rows[0] == ["10.0.0.100", "master", "40.5", "/", "40", "%", "1", "09:18:15"]
    assert rows[1][:3] == ["a", "agent", "40.5"]
    assert rows[2] == ["b", "agent", "1.50", "0", "09:18:15"]
    assert "gone: not_found" in said.err


def test_no_answer_is_one_line_and_exit_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", f"http://127.0.0.1:{fault.free_port()}", "--kind", "mesos"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("collectors: refused: ")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["summary", "dcos.example.com"], "http://"),
        (["summary", "http://a", "--token-file", "/nonexistent/token"], "token"),
        (["component_health", "http://a", "--kind", "mesos"], "dcos only"),
        (["summary", "http://a", "--ca-file", __file__], "certificate"),
        (["summary", "http://a", "--user", "ana"], "--password-file"),
        (["summary", "http://a", "--user", "ana", "--password-file", "/dev/null"], "password"),
    ],
)
def test_a_wrong_call_is_one_line_and_exit_2(words: list[str], hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    said = capsys.readouterr().err
    assert hint in said
    assert said.count("\n") == 1


def test_a_token_file_is_read_and_its_token_sent(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t0k\n")
    server = master(stage)
    main(["summary", server.url, "--kind", "mesos", "--token-file", str(tmp_path / "token")])
    assert server.seen[0].headers["authorization"] == "token=t0k"


@pytest.mark.parametrize("given", ["file", "standard input"])
def test_a_password_is_read_and_signs_in(given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "password"
    file.write_text("two words\n")
    monkeypatch.setattr("sys.stdin", StringIO("two words\nmore\n"))
    with Simulator(Settings(user="ana", password="two words", with_stories=False)).running() as simulator:
        where = str(file) if given == "file" else "-"
        assert main(["summary", simulator.router_url, "--user", "ana", "--password-file", where]) == 0
        assert simulator.logins and simulator.logins.attempts == 1


def test_what_a_terminal_would_obey_is_shown_as_text(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    server = stage.server(
        {"/master/state-summary": fault.document(summary(agent("10.0.0.7", pid="\x1b[2J@\x1b]0;x:1")))}
    )
    assert main(["summary", server.url, "--kind", "mesos"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_the_package_runs_as_a_command_without_django(stage: Stage) -> None:
    checked = "import sys; sys.argv[0] = 'x'; import collectors.__main__; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", checked], check=False, cwd=Path(__file__).parents[2]).returncode == 0
    done = subprocess.run(
        [sys.executable, "-m", "collectors", "nonsense", "http://a"],
        capture_output=True,
        check=False,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 2
    assert "masters" in done.stderr


def test_who_is_away_and_which_machines_are_under_maintenance_are_a_line_each(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    at = {"nanoseconds": 1_795_340_607_000_000_000}
    machine = {"id": {"hostname": "m\x1b[2J"}, "mode": "DOWN", "unavailability": {"start": at}}
    registry = {
        "master": {"info": {}},
        "unreachable": {"slaves": [{"id": {"value": "S1"}, "timestamp": at}]},
        "gone": {"slaves": [{"id": {"value": "S2"}}]},
        "machines": {"machines": [{"info": machine}]},
    }
    router = stage.server({"/mesos/registrar(1)/registry": fault.document(registry)})
    assert main(["registry", router.url, "--kind", "dcos"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1:3] == [["S1", "unreachable", "2026-11-22", "09:43:27"], ["S2", "marked", "gone"]]
    assert lines[5] == ["m\\x1b[2J", "down", "2026-11-22", "09:43:27"]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("apps", ["marathon app running of healthy unhealthy cpus mem MiB version last failure", "marathon /web 2 2"]),
        ("deployments", ["marathon deployment step of since UTC now", "marathon d1 1 2 2026-11-20 10:00:00 ScaleApp"]),
        ("queue", ["marathon app count waits for since UTC offers declined for", "marathon /web 1 an offer"]),
        (
            "marathon",
            ["marathon name version leader metric value", "marathon marathon 1.11.24 10.0.0.2:8080 apps.active"],
        ),
        ("tasks", ["task state agent cpus mem MiB last status UTC reason", "web.1 TASK_RUNNING S0 0 0"]),
    ],
)
def test_applications_are_shown_a_line_each(
    stage: Stage, capsys: pytest.CaptureFixture[str], source: str, lines: list[str]
) -> None:
    ids = {"task_id": {"value": "web.1"}, "framework_id": {"value": "f"}, "agent_id": {"value": "S0"}}
    tasks = {"get_tasks": {"tasks": [{**ids, "state": "TASK_RUNNING"}]}}
    server = stage.server(scripts() | {"/api/v1": fault.document(tasks)})
    assert main([source, server.url, "--kind", "mesos", "--marathon", server.url]) == 0
    told = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert len(told) == 3
    assert all(line.startswith(start) for line, start in zip(told, lines, strict=False))


def test_plain_mesos_does_not_say_where_its_marathon_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apps", "http://127.0.0.1:5050", "--kind", "mesos"]) == 2
    assert "--marathon" in capsys.readouterr().err
