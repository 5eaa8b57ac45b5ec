from __future__ import annotations

import pytest

from collectors.noise import distinct, is_noise_interface, is_noise_path


def figures(total: float, used: float) -> dict[str, float]:
    return {"filesystem.capacity.total": total, "filesystem.capacity.used": used}


@pytest.mark.parametrize(
    "name", ["eth0", "ens192", "enp0s3", "em1", "p4p1", "bond0", "wlan0", "ib0", "vtep1024", "eth0.7"]
)
def test_what_the_host_speaks_through_is_kept(name: str) -> None:
    assert not is_noise_interface(name)


@pytest.mark.parametrize(
    "name",
    [
        "lo",
        "veth0a1b2c3",
        "docker0",
        "docker_gwbridge",
        "br-5f2e",
        "d-dcos",
        "m-dcos",
        "minuteman",
        "spartan",
        "ifb0",
        "dummy0",
        "tunl0",
        "all",
        "cni0",
    ],
)
def test_what_comes_with_containers_or_the_kernel_is_noise(name: str) -> None:
    assert is_noise_interface(name)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/var",
        "/var/lib/docker",
        "/var/lib/mesos",
        "/var/lib/mesos/slave",
        "/dcos/volume0",
        "/runs",
        "/usr/share/oem",
    ],
)
def test_a_disk_is_kept_even_where_docker_or_mesos_has_one_of_its_own(path: str) -> None:
    assert not is_noise_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "/run",
        "/run/user/0",
        "/dev/shm",
        "/proc/kcore",
        "/sys/fs/cgroup",
        "/snap/core/1",
        "/var/lib/docker/overlay2/abc/merged",
        "/var/lib/docker/overlay",
        "/var/lib/mesos/slave/slaves/S1/frameworks/F/executors/e/runs/r",
        "/var/lib/mesos/slave/provisioner/containers/c/rootfses/r",
    ],
)
def test_what_containers_and_the_kernel_mount_is_noise(path: str) -> None:
    assert is_noise_path(path)


def test_of_paths_to_one_device_the_shortest_is_kept() -> None:
    mounts = {"/opt/mesosphere/bin": figures(9, 4), "/opt/lib": figures(9, 4), "/var": figures(9, 5)}
    assert distinct(mounts) == ["/opt/lib", "/var"]


def test_a_noise_path_never_stands_for_its_device() -> None:
    assert distinct({"/run": figures(9, 4), "/opt/lib": figures(9, 4)}) == ["/opt/lib"]


def test_two_fresh_volumes_of_a_size_are_two_devices() -> None:
    assert distinct({"/dcos/volume0": figures(9, 0), "/dcos/volume1": figures(9, 0)}) == [
        "/dcos/volume0",
        "/dcos/volume1",
    ]


def test_without_a_size_nothing_is_taken_for_the_same_device() -> None:
    mounts = {"/a": {"filesystem.inode.free": 42.0}, "/b": {"filesystem.inode.free": 42.0}}
    assert distinct(mounts) == ["/a", "/b"]
