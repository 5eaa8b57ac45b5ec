"""What machines measured long ago, against what they tell of a single moment."""

from __future__ import annotations

import numpy as np
import pytest

from collectors.simulator import Settings, World, hosts, machines_long_ago, world_of
from collectors.simulator.hosts import Host
from collectors.simulator.records import machine_records
from tests.collectors.simulator.scene import NOW


@pytest.fixture(scope="module")
def world() -> World:
    return world_of(Settings(anchor=NOW), net=119)


def measured(world: World) -> list[Host]:
    found = [hosts.host_at(world, NOW, place) for place in hosts.places(world)]
    return [host for host in found if host is not None]


def test_every_machine_tells_what_it_tells_of_that_one_moment(world: World) -> None:
    reign = world.timeline.reign(NOW)
    told = {one.host: one for one in machine_records(world, NOW)}
    for host in measured(world):
        name, at = host.place.host, np.array([host.at - 7_000.0, host.at])
        said = machines_long_ago.figures(world, host, at, until=host.at)
        if reign is None or name != reign.host:
            for metric, values in said.items():
                assert values[-1] == pytest.approx(told[name].metrics[metric], abs=2), (name, metric)
        disks = machines_long_ago.filesystems(world, host, at)
        assert sorted(disks) == [one.path for one in told[name].filesystems]
        for one in told[name].filesystems:
            assert disks[one.path][-1, 1] == pytest.approx(one.used_bytes, abs=4096), (name, one.path)
            assert disks[one.path][-1, 0] == one.total_bytes
        links = machines_long_ago.interfaces(host, at)
        for link in told[name].interfaces:
            fields = [getattr(link, field) for field in link.__struct_fields__[1:]]
            assert links[link.name][-1].tolist() == pytest.approx(fields, abs=1), (name, link.name)
        assert sorted(links) == sorted(link.name for link in told[name].interfaces)


def test_a_machine_had_another_life_before_it_booted(world: World) -> None:
    host = measured(world)[0]
    at = np.array([host.booted_at - 3_600, host.booted_at + 3_600])
    uptime = machines_long_ago.figures(world, host, at, until=NOW)["system.uptime"]
    assert uptime[0] > uptime[1] == 3_600
