"""What operators compare between two configurations of an app or a pod, as text under Marathon's own names.

Names of environment variables are told and never their values, the program of a command and never its arguments, how many
secrets and downloads there are and never which: any of those may be a password.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from collectors.decoding import Dropped, as_text, name, one

MOST_FIELDS = 200
APP_FIELDS = (
    *("instances", "cpus", "mem", "disk", "gpus", "user", "role", "executor", "acceptedResourceRoles"),
    *("resourceLimits.cpus", "resourceLimits.mem", "constraints", "dependencies", "requirePorts"),
    *("container.type", "container.docker.image", "container.docker.network", "container.docker.privileged"),
    *("container.docker.forcePullImage", "networks", "ipAddress.networkName"),
    *("backoffSeconds", "backoffFactor", "maxLaunchDelaySeconds", "killSelection", "taskKillGracePeriodSeconds"),
    *("upgradeStrategy.minimumHealthCapacity", "upgradeStrategy.maximumOverCapacity", "unreachableStrategy"),
    *("unreachableStrategy.inactiveAfterSeconds", "unreachableStrategy.expungeAfterSeconds"),
    *("residency.taskLostBehavior", "residency.relaunchEscalationTimeoutSeconds"),
)
POD_FIELDS = (
    *("user", "scaling.kind", "scaling.instances", "scaling.maxInstances", "networks"),
    *("executorResources.cpus", "executorResources.mem", "executorResources.disk"),
    *("scheduling.backoff.backoff", "scheduling.backoff.backoffFactor", "scheduling.backoff.maxLaunchDelay"),
    *("scheduling.upgrade.minimumHealthCapacity", "scheduling.upgrade.maximumOverCapacity"),
    *("scheduling.placement.constraints", "scheduling.placement.acceptedResourceRoles", "scheduling.killSelection"),
    *("scheduling.unreachableStrategy", "scheduling.unreachableStrategy.inactiveAfterSeconds"),
    "scheduling.unreachableStrategy.expungeAfterSeconds",
)
CONTAINER_FIELDS = (
    *("image.id", "resources.cpus", "resources.mem", "resources.disk", "resources.gpus", "user"),
    *("resourceLimits.cpus", "resourceLimits.mem", "healthCheck"),
)
CHECK_FIELDS = (
    *("protocol", "path", "portIndex", "port", "gracePeriodSeconds", "intervalSeconds", "timeoutSeconds"),
    "maxConsecutiveFailures",
)
KEYS, NUMBERS = ("env", "environment"), ("args", "secrets", "fetch", "uris", "ports", "portDefinitions", "volumes")
PROGRAM = re.compile(r"[\w./-]{1,255}(?=\s|\Z)")
Document = Mapping[str, Any]


def config_of_app(entry: msgspec.Raw) -> dict[str, str]:
    """At most 200 fields; what is not said, or null, is not there."""
    said = _document(entry)
    found = dict(_fields(said, APP_FIELDS))
    found |= _counted(said) | _program("cmd", said.get("cmd"))
    for number, check in enumerate(
        said.get("healthChecks") or () if isinstance(said.get("healthChecks"), list) else ()
    ):
        if isinstance(check, dict):
            found |= {f"healthChecks.{number}.{field}": text for field, text in _fields(check, CHECK_FIELDS)}
    return dict(list(found.items())[:MOST_FIELDS])


def config_of_pod(spec: msgspec.Raw) -> dict[str, str]:
    """The same of a pod's; its containers by their names."""
    said = _document(spec)
    found = dict(_fields(said, POD_FIELDS)) | _counted(said)
    containers = said.get("containers")
    for container in containers if isinstance(containers, list) else ():
        if isinstance(container, dict):
            prefix = name(f"containers.{container.get('name', '')}")
            parts = dict(_fields(container, CONTAINER_FIELDS)) | _counted(container)
            parts |= _program("exec", _at(container, "exec.command.shell"))
            found |= {f"{prefix}.{field}": text for field, text in parts.items()}
    return dict(list(found.items())[:MOST_FIELDS])


def _document(entry: msgspec.Raw) -> Document:
    return one(entry, dict[str, Any], Dropped(), what="configuration") or {}


def _fields(said: Document, fields: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for field in fields:
        text = _text(_at(said, field))
        if text:
            yield field, text


def _at(said: Any, field: str) -> Any:
    for part in field.split("."):
        said = said.get(part) if isinstance(said, dict) else None
    return said


def _text(value: Any) -> str:
    """A scalar, or a list of them in a row; empty for what is neither."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return as_text(float(value))
    if isinstance(value, list):
        return name(", ".join(filter(None, (_row(each) for each in value[:100]))))
    return name(value) if isinstance(value, str) else ""


def _row(value: Any) -> str:
    """A constraint is a list of words, a network an object with a name or a mode."""
    if isinstance(value, dict):
        return _text(value.get("name") or value.get("mode"))
    return " ".join(map(_text, value[:10])) if isinstance(value, list) else _text(value)


def _counted(said: Document) -> dict[str, str]:
    """Of what must not be told how many there are, and of environment variables the names."""
    found = {
        field: str(len(said[field])) for field in NUMBERS if isinstance(said.get(field), list | dict) and said[field]
    }
    for field in KEYS:
        if isinstance(said.get(field), dict) and said[field]:
            found[field] = name(", ".join(sorted(said[field])))
    return found


def _program(field: str, command: Any) -> dict[str, str]:
    """The first word of a command, unless it is anything else than a program's name or path."""
    found = PROGRAM.match(command.lstrip()[:1000]) if isinstance(command, str) else None
    return {field: found[0]} if found else {}
