"""Machines, their filesystems and interfaces: https://github.com/dcos/dcos-metrics"""

from __future__ import annotations

from collectors.metrics.metric import Metric, counter, gauge

HOST_METRICS: tuple[Metric, ...] = (
    gauge("system.uptime", "s", "since the machine booted; the wire calls the unit count"),
    gauge("cpu.cores", "cores", "cores of the machine; Telegraf (DC/OS 1.12 and later) does not tell it"),
    gauge("cpu.total", "percent", "busy share of all cores: user and system by dcos-metrics, all but idle by Telegraf"),
    gauge("cpu.user", "percent", "share of all cores spent in processes"),
    gauge("cpu.system", "percent", "share of all cores spent in the kernel"),
    gauge("cpu.idle", "percent", "share of all cores with nothing to do"),
    gauge("cpu.wait", "percent", "share of all cores waiting for disks"),
    gauge("load.1min", "processes", "load over 1 minute"),
    gauge("load.5min", "processes", "load over 5 minutes"),
    gauge("load.15min", "processes", "load over 15 minutes"),
    gauge("memory.total", "bytes", "memory of the machine"),
    gauge("memory.free", "bytes", "memory nobody uses, caches not counted"),
    gauge("memory.buffers", "bytes", "memory that buffers disks"),
    gauge("memory.cached", "bytes", "memory that caches files"),
    gauge("swap.total", "bytes", "swap; 0 where the machine has none"),
    gauge("swap.used", "bytes", "swap in use"),
    gauge("swap.free", "bytes", "swap free"),
    gauge("process.count", "processes", "processes on the machine"),
)

FILESYSTEM_METRICS: tuple[Metric, ...] = (
    gauge("filesystem.capacity.total", "bytes", "size"),
    gauge("filesystem.capacity.used", "bytes", "in use"),
    gauge("filesystem.capacity.free", "bytes", "free for everybody: what is reserved for root is in neither"),
    gauge("filesystem.inode.total", "inodes", "inodes; absent where the filesystem has no fixed number"),
    gauge("filesystem.inode.used", "inodes", "inodes in use"),
    gauge("filesystem.inode.free", "inodes", "inodes free"),
)

INTERFACE_METRICS: tuple[Metric, ...] = (
    counter("network.in", "bytes", "received"),
    counter("network.out", "bytes", "sent"),
    counter("network.in.packets", "packets", "received"),
    counter("network.out.packets", "packets", "sent"),
    counter("network.in.errors", "packets", "received broken"),
    counter("network.out.errors", "packets", "not sent because of an error"),
    counter("network.in.dropped", "packets", "received and thrown away"),
    counter("network.out.dropped", "packets", "thrown away before they were sent"),
)
