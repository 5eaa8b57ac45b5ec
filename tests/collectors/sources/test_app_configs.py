from __future__ import annotations

import json
from typing import Any

import msgspec

from collectors.sources.app_configs import config_of_app, config_of_pod


def raw(said: Any) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(said).encode())


def test_what_operators_compare_is_told_under_marathons_own_names() -> None:
    config = config_of_app(
        raw(
            {
                "cpus": 0.5,
                "requirePorts": False,
                "container": {"docker": {"image": "nginx:1"}},
                "constraints": [["rack", "GROUP_BY"], ["hostname", "UNIQUE"]],
                "healthChecks": [{"protocol": "HTTP", "path": "/health", "command": {"value": "secret"}}],
                "unreachableStrategy": "disabled",
            }
        )
    )
    assert config == {
        "cpus": "0.5",
        "requirePorts": "no",
        "container.docker.image": "nginx:1",
        "constraints": "rack GROUP_BY, hostname UNIQUE",
        "unreachableStrategy": "disabled",
        "healthChecks.0.protocol": "HTTP",
        "healthChecks.0.path": "/health",
    }


def test_no_value_of_the_environment_no_argument_and_no_secret_is_told() -> None:
    app = {
        "cmd": "./run --password=hunter2",
        "args": ["hunter2"],
        "env": {"PASSWORD": "hunter2", "API": {"secret": "hunter2"}},
        "secrets": {"hunter2": {"source": "hunter2"}},
        "fetch": [{"uri": "https://hunter2@example.com/a"}],
    }
    assert config_of_app(raw(app)) == {
        **{"cmd": "./run", "args": "1", "env": "API, PASSWORD"},
        **{"secrets": "1", "fetch": "1"},
    }
    pod = {
        "environment": {"A": "hunter2"},
        "containers": [{"name": "c", "exec": {"command": {"shell": "A=hunter2 x"}}}],
    }
    assert config_of_pod(raw(pod)) == {"environment": "A"}


def test_a_command_that_does_not_begin_with_a_program_is_not_told() -> None:
    for command in ("PASSWORD=hunter2 ./run", "'hunter2'", "$(cat secret)", "", 7, None):
        assert config_of_app(raw({"cmd": command})) == {}


def test_a_pods_containers_are_told_by_their_names() -> None:
    container = {"name": "web", "resources": {"cpus": 1}, "image": {"id": "nginx"}}
    config = config_of_pod(raw({"scaling": {"instances": 2}, "containers": [container, 7]}))
    assert config == {
        "scaling.instances": "2",
        "containers.web.image.id": "nginx",
        "containers.web.resources.cpus": "1",
    }


def test_hostile_shapes_and_sizes_stay_small_texts() -> None:
    many = {"healthChecks": [{"path": "/" + "x" * 5000}] * 5000, "constraints": {"a": 1}, "env": [1], "cpus": {}}
    config = config_of_app(raw(many))
    assert len(config) == 200
    assert max(map(len, config.values())) == 255
    assert config_of_app(raw([1])) == {}
