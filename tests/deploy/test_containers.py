"""compose.yaml and marathon.json against what their programs know."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboard import keys

FOLDER = Path(__file__).resolve().parents[2] / "dashboard" / "deploy"
OURS = ["prepare", "web", "worker", "beat", "listener"]
SERVICE_FIELDS = {
    "build", "cap_drop", "command", "depends_on", "environment", "healthcheck", "image", "networks", "ports", "read_only",
    "restart", "secrets", "security_opt", "shm_size", "stop_grace_period", "tmpfs", "volumes",
}  # fmt: skip
"""Those we use of https://github.com/compose-spec/compose-spec/blob/main/05-services.md."""
APP_FIELDS = {
    "acceptedResourceRoles", "args", "backoffFactor", "backoffSeconds", "check", "cmd", "constraints", "container", "cpus",
    "dependencies", "disk", "env", "executor", "executorResources", "fetch", "gpus", "healthChecks", "id", "instances",
    "killSelection", "labels", "maxLaunchDelaySeconds", "mem", "networks", "portDefinitions", "readinessChecks",
    "requirePorts", "residency", "resourceLimits", "role", "secrets", "taskKillGracePeriodSeconds", "tty",
    "unreachableStrategy", "upgradeStrategy", "user",
}  # fmt: skip
"""Of an app in Marathon 1.5 and later: https://mesosphere.github.io/marathon/api-console/index.html."""
HEALTH_FIELDS = {
    "delaySeconds", "gracePeriodSeconds", "intervalSeconds", "maxConsecutiveFailures", "path", "portIndex", "protocol",
    "timeoutSeconds",
}  # fmt: skip
SANDBOX = "/mnt/mesos/sandbox/"


@pytest.fixture
def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    return read


@pytest.fixture
def apps() -> dict[str, dict[str, Any]]:
    """App by the last part of its id."""
    return {app["id"].rpartition("/")[2]: app for app in json.loads((FOLDER / "marathon.json").read_text())["apps"]}


def test_docker_compose_takes_it() -> None:
    if not has_compose():
        pytest.skip("no docker compose here")
    command = ["docker", "compose", "-f", str(FOLDER / "compose.yaml"), "config", "--quiet"]
    assert subprocess.run(command, capture_output=True, text=True, check=False).stderr == ""


def has_compose() -> bool:
    program = shutil.which("docker")
    if program is None:
        return False
    return subprocess.run([program, "compose", "version"], capture_output=True, check=False).returncode == 0


def test_each_service_has_only_known_fields_and_names_only_what_is_there(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert set(service) <= SERVICE_FIELDS, name
        assert set(service["networks"]) <= set(compose["networks"])
        assert set(service.get("secrets", [])) <= set(compose["secrets"])
        assert set(service.get("depends_on", {})) <= set(compose["services"])
        volumes = {volume.partition(":")[0] for volume in service.get("volumes", [])}
        assert volumes <= set(compose["volumes"])


def test_each_file_variable_names_a_secret_that_is_mounted(compose: dict[str, Any]) -> None:
    for name in OURS:
        service = compose["services"][name]
        paths = {value for key, value in service["environment"].items() if key.endswith("_FILE")}
        assert paths == {f"/run/secrets/{secret}" for secret in service["secrets"]}


def test_every_process_has_the_same_keys_and_none_runs_before_the_tables(compose: dict[str, Any]) -> None:
    for name in OURS:
        assert {f"{key}_FILE" for key in keys.FILES} <= set(compose["services"][name]["environment"])
    for name in OURS[1:]:
        needed = compose["services"][name]["depends_on"]
        assert needed["prepare"] == {"condition": "service_completed_successfully"}


def test_engines_are_not_reachable_from_outside(compose: dict[str, Any]) -> None:
    assert compose["networks"]["inside"] == {"internal": True}
    for name in ("postgres", "redis"):
        assert compose["services"][name]["networks"] == ["inside"]
        assert "ports" not in compose["services"][name]
    assert compose["services"]["web"]["ports"] == ["127.0.0.1:8000:8000"]


def test_whoever_answers_is_asked_for_its_health(compose: dict[str, Any]) -> None:
    assert {name for name, one in compose["services"].items() if "healthcheck" in one} == {"postgres", "redis", "web"}
    assert "/-/healthy" in compose["services"]["web"]["healthcheck"]["test"][-1]


def test_marathon_knows_every_field(apps: dict[str, dict[str, Any]]) -> None:
    assert set(apps) == {"web", "worker", "beat", "listener"}
    for app in apps.values():
        assert set(app) <= APP_FIELDS
        assert all(set(check) <= HEALTH_FIELDS for check in app.get("healthChecks", []))
        assert app["networks"] == [{"mode": "host"}]
        assert all(isinstance(value, str) for value in app["env"].values())
        assert app["taskKillGracePeriodSeconds"] == 10


def test_admin_router_finds_the_web_task_and_marathon_its_health(apps: dict[str, dict[str, Any]]) -> None:
    web = apps["web"]
    name = web["labels"]["DCOS_SERVICE_NAME"]
    assert web["env"]["DAYTWO_SUB_PATH"] == f"/service/{name}"
    assert web["env"]["DAYTWO_PUBLIC_URL"].endswith(f"/service/{name}")
    assert (web["labels"]["DCOS_SERVICE_SCHEME"], web["labels"]["DCOS_SERVICE_PORT_INDEX"]) == ("http", "0")
    check = web["healthChecks"][0]
    assert (check["protocol"], check["path"], check["portIndex"]) == ("MESOS_HTTP", "/-/healthy", 0)
    assert len(web["portDefinitions"]) == 1 and "$PORT0" in web["cmd"]
    assert all(not app["portDefinitions"] for app in (apps["worker"], apps["beat"], apps["listener"]))


def test_secrets_reach_tasks_as_files_of_their_sandbox(apps: dict[str, dict[str, Any]]) -> None:
    for app in apps.values():
        mounted = {volume["secret"]: volume["containerPath"] for volume in app["container"]["volumes"]}
        assert set(mounted) == set(app["secrets"])
        told = {value for name, value in app["env"].items() if name.endswith("_FILE")}
        assert told == {SANDBOX + path for path in mounted.values()}
        assert {f"{key}_FILE" for key in keys.FILES} <= set(app["env"])


def test_workers_are_more_than_one_and_on_machines_of_their_own(apps: dict[str, dict[str, Any]]) -> None:
    assert apps["worker"]["instances"] >= 2
    assert apps["worker"]["constraints"] == [["hostname", "UNIQUE"]]
    assert all(app["dependencies"] == ["/daytwo/web"] for name, app in apps.items() if name != "web")
