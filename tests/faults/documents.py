"""Whole, valid documents in a cluster's form, and ways to spoil one place of them."""

from __future__ import annotations

import copy
from typing import Any

AMOUNTS = {"cpus": 4, "mem": 2048.0, "disk": 10240.0, "gpus": 0.0, "ports": "[31000-32000]"}


def agent(number: int) -> dict[str, Any]:
    return {
        "id": f"S{number}",
        "hostname": f"10.0.0.{number}",
        "port": 5051,
        "pid": f"slave(1)@10.0.0.{number}:5051",
        "registered_time": 1795340607.2,
        "resources": dict(AMOUNTS),
        "used_resources": dict(AMOUNTS),
        "offered_resources": dict(AMOUNTS),
        "reserved_resources": {},
        "attributes": {"rack": "r1", "slots": 3.0},
        "domain": {"fault_domain": {"region": {"name": "eu"}, "zone": {"name": "a"}}},
        "drain_info": None,
        "active": True,
        "deactivated": False,
        "version": "1.11.0",
        "TASK_RUNNING": 2,
        "TASK_FAILED": 1.0,
    }


def framework(number: int) -> dict[str, Any]:
    return {
        "id": f"F{number}",
        "name": f"framework {number}",
        "active": True,
        "connected": True,
        "used_resources": dict(AMOUNTS),
        "offered_resources": dict(AMOUNTS),
        "slave_ids": ["S1"],
        "TASK_RUNNING": 1,
    }


def summary() -> dict[str, Any]:
    return {
        "hostname": "10.0.0.100",
        "cluster": "garden",
        "slaves": [agent(number) for number in range(1, 4)],
        "frameworks": [framework(number) for number in range(1, 4)],
    }


def node(number: int) -> dict[str, Any]:
    unit = {"UnitName": "dcos-gardener.service", "Health": 1, "Title": "tends", "PrettyName": "Gardener", "Nodes": None}
    return {
        "Leader": False,
        "Role": "agent",
        "IP": f"10.0.0.{number}",
        "Host": f"n{number}",
        "Health": 1,
        "Output": {"dcos-gardener.service": "it rains"},
        "Units": [unit, {**unit, "UnitName": "dcos-weeder.service", "Health": 0}],
        "MesosID": f"S{number}",
    }


def report() -> dict[str, Any]:
    nodes = {f"10.0.0.{number}": node(number) for number in range(1, 4)}
    return {"Units": {}, "Nodes": nodes, "UpdatedTime": "2026-11-22T11:59:30.5Z"}


def paths(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document, the root left out."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for key, child in inner for path in [(*before, key), *paths(child, (*before, key))]]


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy with something else at one place."""
    document = copy.deepcopy(document)
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return document


def removed(document: Any, path: tuple[Any, ...]) -> Any:
    document = copy.deepcopy(document)
    place = document
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return document
