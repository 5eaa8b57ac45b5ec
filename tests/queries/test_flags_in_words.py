from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashboard.queries.flags_in_words import isolates, meanings

DCOS = "cgroups/cpu,cgroups/mem,disk/du,network/cni,filesystem/linux,cgroups/devices,gpu/nvidia"


def means(**flags: str) -> dict[str, str]:
    return {one.subject: one.means for one in meanings(flags)}


def test_without_cgroups_nothing_is_limited() -> None:
    said = means(isolation="posix/cpu,posix/mem,filesystem/posix")
    assert said["CPU"].startswith("measured, not limited") and said["Memory"].startswith("measured, not limited")
    assert said["Disk"].startswith("not measured")


@pytest.mark.parametrize(
    ("cfs", "begins"),
    [
        ({"cgroups_enable_cfs": "true"}, "limited: a container that wants more"),
        ({"cgroups_enable_cfs": "false"}, "shared by weight, not limited"),
        ({}, "shared by weight; whether it is limited too is not told"),
    ],
)
def test_cfs_decides_whether_cpu_is_limited(cfs: dict[str, str], begins: str) -> None:
    assert means(isolation=DCOS, **cfs)["CPU"].startswith(begins)


def test_what_an_isolator_measures_is_told_with_the_flags_it_is_read_from() -> None:
    flags = {"isolation": DCOS, "enforce_container_disk_quota": "true", "cgroups_limit_swap": "true"}
    said = {one.subject: (one.means, one.said) for one in meanings(flags)}
    assert said["Disk"] == (
        "limited: a container above its limit is killed",
        "isolation=disk/du; enforce_container_disk_quota=true",
    )
    assert said["Memory"][0] == "limited, swap included: a container above its limit is killed"
    assert said["Disk I/O"] == ("not measured for containers", "isolation without cgroups/blkio")


def test_all_cgroups_are_each_of_them() -> None:
    assert isolates({"isolation": "cgroups/all,disk/xfs"}, "cgroups/blkio")
    assert not isolates({"isolation": "cgroups/cpuset"}, "cgroups/cpu")
    assert "Disk I/O" not in means(isolation="cgroups/all")


def test_resources_are_declared_or_detected() -> None:
    assert means(resources="cpus:4;mem:2048")["Resources"].startswith("declared")
    assert means(isolation=DCOS)["Resources"].startswith("CPU and memory detected by Mesos")


def test_docker_containers_tell_less() -> None:
    assert "Docker containers" in means(containerizers="docker,mesos")
    assert "Docker containers" not in means(containerizers="mesos")


def test_flags_that_were_not_said_mean_nothing() -> None:
    assert means() == {}


@pytest.mark.parametrize("host", ["127.0.0.21", "127.0.0.24"])
def test_recorded_agents_flags_are_understood(shared: Path, host: str) -> None:
    recorded = shared / "live" / "17-pods-200-tasks-and-cgroups-agent" / f"{host}-5051" / "flags.json"
    said = means(**json.loads(recorded.read_text())["flags"])
    limited = {"127.0.0.21": "measured, not limited", "127.0.0.24": "limited: a container that wants more"}
    assert said["CPU"].startswith(limited[host]) and said["Disk"] == "measured, not limited"
