"""Containers, by the names of Mesos' ResourceStatistics: https://github.com/apache/mesos/blob/master/include/mesos/mesos.proto

Each way of asking spells them its own way; here each number has one name. Counters begin with the container.
"""

from __future__ import annotations

from collectors.metrics.metric import Metric, counter, gauge

CONTAINER_METRICS: tuple[Metric, ...] = (
    counter("cpus_user_time_secs", "s", "CPU time spent in its processes"),
    counter("cpus_system_time_secs", "s", "CPU time spent in the kernel for it"),
    gauge("cpus_limit", "cores", "the most it may use; its request before Mesos 1.10; absent where unlimited"),
    gauge("cpus_soft_limit", "cores", "what it asked for", "1.10"),
    counter("cpus_nr_periods", "periods", "scheduling periods it ran in, where CPU limits are enforced"),
    counter("cpus_nr_throttled", "periods", "scheduling periods in which it was held back"),
    counter("cpus_throttled_time_secs", "s", "time it was held back"),
    gauge("mem_total_bytes", "bytes", "memory in use with file cache"),
    gauge("mem_rss_bytes", "bytes", "memory in use without file cache"),
    gauge("mem_cache_bytes", "bytes", "file cache"),
    gauge("mem_mapped_file_bytes", "bytes", "files mapped into memory"),
    gauge("mem_swap_bytes", "bytes", "swap in use"),
    gauge("mem_limit_bytes", "bytes", "the most it may use before it is killed"),
    gauge("mem_soft_limit_bytes", "bytes", "what it is pushed back to when memory is short"),
    counter("mem_low_pressure_counter", "events", "times memory was short"),
    counter("mem_medium_pressure_counter", "events", "times memory was so short that caches went"),
    counter("mem_critical_pressure_counter", "events", "times it was about to be killed for memory"),
    gauge("disk_used_bytes", "bytes", "sandbox and volumes"),
    gauge("disk_limit_bytes", "bytes", "the most they may take"),
    gauge("processes", "processes", "processes"),
    gauge("threads", "threads", "threads"),
    counter("net_rx_bytes", "bytes", "received"),
    counter("net_tx_bytes", "bytes", "sent; dcos-metrics repeats the received ones here, which are left out"),
    counter("net_rx_packets", "packets", "received"),
    counter("net_tx_packets", "packets", "sent"),
    counter("net_rx_errors", "packets", "received broken"),
    counter("net_tx_errors", "packets", "not sent because of an error"),
    counter("net_rx_dropped", "packets", "received and thrown away"),
    counter("net_tx_dropped", "packets", "thrown away before they were sent"),
    counter("blkio_read_bytes", "bytes", "read from disks, all devices"),
    counter("blkio_write_bytes", "bytes", "written to disks, all devices"),
    counter("blkio_reads", "operations", "reads of disks, all devices"),
    counter("blkio_writes", "operations", "writes to disks, all devices"),
)
