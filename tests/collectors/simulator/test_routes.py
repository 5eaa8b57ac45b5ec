from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.collectors.simulator.scene import Scene, Stage

HEALTH = "/system/health/v1"


def test_without_its_token_the_router_answers_a_page_not_json(stage: Stage) -> None:
    scene = stage(token="secret")
    told = scene.ask("/mesos/state-summary")
    assert told.status == 401 and scene.body("/mesos/state-summary").startswith(b"<html>")
    assert dict(told.headers)["WWW-Authenticate"] == "oauthjwt"
    assert scene.ask(f"{HEALTH}/report", authorization="token=wrong").status == 401


@pytest.mark.parametrize("header", ["token=secret", "Bearer secret"])
def test_with_its_token_the_router_answers(header: str, stage: Stage) -> None:
    assert stage(token="secret").ask("/mesos/state-summary", authorization=header).status == 200


def test_the_version_needs_no_token(stage: Stage) -> None:
    told = stage(token="secret").read("/dcos-metadata/dcos-version.json")
    assert told["version"] and told["dcos-variant"] == "open"


def test_masters_ask_for_no_token(stage: Stage) -> None:
    scene = stage(token="secret")
    assert scene.ask("/metrics/snapshot", listener=scene.masters[1]).status == 200


@pytest.mark.parametrize("path", ["/state-summary", "/master/state-summary", "/slaves", "/master/slaves"])
def test_a_follower_sends_readers_to_the_leader_without_naming_a_scheme(path: str, scene: Scene) -> None:
    told = scene.ask(path, listener=scene.masters[2])
    where = f"//{scene.masters[0]}:5050/master/{path.rpartition('/')[2]}"
    assert (told.status, dict(told.headers)["Location"], told.body) == (307, where, b"")


@pytest.mark.parametrize("path", ["/redirect", "/master/redirect"])
def test_every_master_redirects_to_the_leader_and_the_leader_to_itself(path: str, scene: Scene) -> None:
    wheres = {dict(scene.ask(path, listener=host).headers)["Location"] for host in scene.masters}
    assert wheres == {f"//{scene.masters[0]}:5050"}


def test_a_follower_answers_for_itself(scene: Scene) -> None:
    follower = scene.masters[1]
    own = scene.read("/metrics/snapshot", listener=follower)
    assert own["master/elected"] == own["master/slaves_active"] == own["master/mem_total"] == 0
    assert own["master/uptime_secs"] > 0
    assert scene.read("/version", listener=follower)["version"] == "1.11.0"
    assert scene.ask("/health", listener=follower).body == b""


@pytest.mark.parametrize("path", ["/", "/service/kafka/v1/plan", f"{HEALTH}/selftest", "/mesos"])
def test_what_the_router_does_not_know_is_a_page(path: str, scene: Scene) -> None:
    assert scene.ask(path).status == 404
    assert scene.body(path).startswith(b"<html>")


@pytest.mark.parametrize("path", ["/nodes/10.0.0.1", "/units/no.service", "/units/no.service/nodes"])
def test_an_unknown_node_or_unit_is_a_line_of_text(path: str, scene: Scene) -> None:
    assert scene.ask(HEALTH + path).status == 404
    assert scene.body(HEALTH + path).endswith(b"not found\n")


def test_the_report_says_when_it_was_pulled_and_keeps_it_for_a_minute(scene: Scene) -> None:
    scene.now = scene.world.pulled_at(scene.now) + 1
    first, later = scene.ask(f"{HEALTH}/report"), None
    scene.now += 58
    later = scene.ask(f"{HEALTH}/report")
    assert first.body == later.body
    stamp = dict(later.headers)["Last-Modified-3dt"]
    pulled = datetime.strptime(stamp, "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    assert 58 <= scene.now - pulled.timestamp() <= 60
    scene.now += 2
    assert scene.ask(f"{HEALTH}/report").body != first.body


def test_the_download_is_the_report_with_a_file_name(scene: Scene) -> None:
    report, download = scene.ask(f"{HEALTH}/report"), scene.ask(f"{HEALTH}/report/download")
    assert report.body == download.body
    assert "health-report.json" in dict(download.headers)["Content-disposition"]


def test_a_units_nodes_show_the_nodes_health_as_the_real_ones_do(scene: Scene) -> None:
    host = scene.agents[0]
    scene.failures.break_unit("dcos-net.service", host)
    scene.now += 60
    of_another_unit = scene.read(f"{HEALTH}/units/dcos-telegraf.service/nodes/{host}")
    assert of_another_unit["health"] == 1 and of_another_unit["output"] == ""
