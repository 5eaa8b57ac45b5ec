"""The 52 systemd units of a DC/OS cluster: those of 1.13 and 2.0, and the executors' sockets that came next."""

from __future__ import annotations

from typing import NamedTuple

ROLE_LETTERS = {"master": "M", "agent": "A", "agent_public": "P"}


class Unit(NamedTuple):
    """A unit, the roles whose nodes have it (M master, A agent, P public agent), and systemd's `Description=`."""

    unit_id: str
    roles: str
    text: str

    @property
    def name(self) -> str:
        """What the UI shows: the text before ": " when there is exactly one of those, else the unit's id."""
        name, colon, rest = self.text.partition(": ")
        return name if colon and ": " not in rest else self.unit_id

    @property
    def description(self) -> str:
        _, colon, rest = self.text.partition(": ")
        return rest if colon and ": " not in rest else " ".join(self.text.split(": "))


UNITS = (
    Unit(
        "dcos-adminrouter-agent.service",
        "AP",
        "Admin Router Agent: exposes a unified control plane proxy for components and services using NGINX",
    ),
    Unit("dcos-adminrouter.service", "M", "DC/OS Admin Router Master"),
    Unit("dcos-bouncer-migrate-users.service", "M", "DC/OS Identity and Access dcos-oauth users migration"),
    Unit("dcos-bouncer.service", "M", "DC/OS Identity and Access Manager (Bouncer)"),
    Unit("dcos-checks-api.service", "MAP", "DC/OS Checks API: Provides node and cluster checks"),
    Unit("dcos-checks-api.socket", "MAP", "DC/OS Checks API Socket: socket for DC/OS Checks API"),
    Unit("dcos-checks-poststart.service", "MAP", "DC/OS Poststart Checks: Run node-poststart checks"),
    Unit("dcos-checks-poststart.timer", "MAP", "DC/OS Checks Timer: timer for DC/OS Checks service"),
    Unit("dcos-cockroach.service", "M", "DC/OS CockroachDB Database"),
    Unit("dcos-cockroachdb-config-change.service", "M", "DC/OS CockroachDB Config Check"),
    Unit("dcos-cockroachdb-config-change.timer", "M", "DC/OS CockroachDB Config Check Timer"),
    Unit("dcos-cosmos.service", "M", "DC/OS Package Manager (Cosmos)"),
    Unit(
        "dcos-diagnostics-mesos-state.service",
        "M",
        "Diagnostics Mesos state query: triggers a query of Mesos state and appends it to an archive",
    ),
    Unit("dcos-diagnostics-mesos-state.timer", "M", "Diagnostics Mesos state timer: Timer for triggering Mesos state"),
    Unit("dcos-diagnostics.service", "M", "DC/OS Diagnostics Master: aggregates and exposes component health"),
    Unit("dcos-diagnostics.service", "AP", "DC/OS Diagnostics Agent: exposes component health"),
    Unit("dcos-diagnostics.socket", "MAP", "DC/OS Diagnostics Agent Socket: socket for DC/OS Diagnostics Agent"),
    Unit("dcos-docker-gc.service", "AP", "Docker GC: periodically garbage collects Docker containers and images"),
    Unit("dcos-docker-gc.timer", "AP", "Docker GC Timer: timer to periodically trigger Docker GC"),
    Unit("dcos-exhibitor.service", "M", "Exhibitor and ZooKeeper"),
    Unit("dcos-fluent-bit.service", "MAP", "Fluent Bit: Collects and forwards logs"),
    Unit("dcos-gen-resolvconf.service", "MAP", "Generate resolv.conf: configures network name resolution"),
    Unit(
        "dcos-gen-resolvconf.timer",
        "MAP",
        "Generate resolv.conf Timer: periodically updates the network name resolution configuration",
    ),
    Unit("dcos-history.service", "M", "DC/OS History: caches and exposes historical system state"),
    Unit("dcos-log-agent.service", "AP", "DC/OS Log Agent: exposes agent node, component, and container (task) logs"),
    Unit("dcos-log-agent.socket", "AP", "DC/OS Log Socket"),
    Unit("dcos-log-master.service", "M", "DC/OS Log Master: exposes master node and component logs"),
    Unit("dcos-log-master.socket", "M", "DC/OS Log Socket"),
    Unit("dcos-logrotate-agent.service", "AP", "Logrotate Mesos Agent: Rotate Mesos agent logs"),
    Unit("dcos-logrotate-agent.timer", "AP", "Logrotate Timer"),
    Unit("dcos-logrotate-master.service", "M", "Logrotate Mesos Master: Rotate Mesos master logs"),
    Unit("dcos-logrotate-master.timer", "M", "Logrotate Timer"),
    Unit("dcos-marathon.service", "M", "Marathon: container orchestration engine"),
    Unit("dcos-mesos-dns.service", "M", "Mesos DNS: domain name based service discovery"),
    Unit("dcos-mesos-master.service", "M", "Mesos Master: distributed systems kernel"),
    Unit("dcos-mesos-slave-public.service", "P", "Mesos Agent Public: distributed systems kernel public agent"),
    Unit(
        "dcos-mesos-slave-public.socket",
        "P",
        "DC/OS Executors Socket: socket for communication between Mesos agent and v1 executors",
    ),
    Unit("dcos-mesos-slave.service", "A", "Mesos Agent: distributed systems kernel agent"),
    Unit(
        "dcos-mesos-slave.socket",
        "A",
        "DC/OS Executors Socket: socket for communication between Mesos agent and v1 executors",
    ),
    Unit("dcos-metronome.service", "M", "DC/OS Jobs (Metronome)"),
    Unit("dcos-net-watchdog.service", "MAP", "DC/OS Net Watchdog: restarts dcos-net when it is unhealthy"),
    Unit("dcos-net.service", "MAP", "DC/OS Net: A distributed systems & network overlay orchestration engine"),
    Unit(
        "dcos-pkgpanda-api.service",
        "MAP",
        "DC/OS Component Package Manager (Pkgpanda): installs and manages DC/OS components",
    ),
    Unit("dcos-rexray.service", "AP", "REX-Ray: A vendor agnostic storage orchestration engine"),
    Unit("dcos-signal.service", "M", "DC/OS Signal: reports cluster telemetry and analytics to help improve DC/OS"),
    Unit("dcos-signal.timer", "MAP", "DC/OS Signal Timer: timer for DC/OS Signal service"),
    Unit(
        "dcos-spartan-watchdog.service",
        "MAP",
        "DNS Forwarder (Spartan) Watchdog: restarts Spartan when it is unhealthy",
    ),
    Unit(
        "dcos-spartan-watchdog.timer",
        "MAP",
        "DNS Forwarder (Spartan) Watchdog Timer: timer to periodically trigger Spartan Watchdog",
    ),
    Unit("dcos-spartan.service", "MAP", "DNS Forwarder (Spartan): forwards DNS requests to multiple DNS servers"),
    Unit("dcos-telegraf.service", "MAP", "Telegraf: collects and reports metrics"),
    Unit("dcos-telegraf.socket", "MAP", "Telegraf Socket: socket for Telegraf"),
    Unit("dcos-ui-update-service.service", "M", "DC/OS UI Update Service: dcos ui update service for updating the ui"),
    Unit("dcos-ui-update-service.socket", "M", "DC/OS UI Update Service Socket: socket for the dcos ui update service"),
)


def units_of(role: str) -> tuple[Unit, ...]:
    """The units that a node of this role has: `master`, `agent` or `agent_public`."""
    return tuple(unit for unit in UNITS if ROLE_LETTERS[role] in unit.roles)
