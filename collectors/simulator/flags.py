"""The flags that a simulated cluster's masters and agents were started with, as DC/OS sets them: every value is a string.

Document: https://mesos.apache.org/documentation/latest/configuration/. CPU and memory are found by Mesos itself; how long
an agent may be silent and a ZooKeeper session may last are those of the simulated cluster.
"""

from __future__ import annotations

from collectors.simulator.incidents import Timing
from collectors.simulator.plan import MASTERS, Agent, Master, Plan

PINGS = 5
MASTER_PORT, AGENT_PORT = 5050, 5051
Document = dict[str, dict[str, str]]


def of_master(master: Master, plan: Plan, timing: Timing) -> Document:
    return {
        "flags": {
            "agent_ping_timeout": _secs(timing.ping_timeout_seconds / PINGS),
            "agent_removal_rate_limit": "1/20mins",
            "agent_reregister_timeout": _secs(timing.recovery_seconds),
            "allocation_interval": "1secs",
            "authenticate_agents": "false",
            "authenticate_frameworks": "false",
            "authenticate_http_readonly": "false",
            "cluster": plan.cluster,
            "hostname": master.host,
            "ip": master.host,
            "max_agent_ping_timeouts": str(PINGS),
            "max_completed_tasks_per_framework": "1000",
            "offer_timeout": "2mins",
            "port": str(MASTER_PORT),
            "quorum": str(MASTERS // 2 + 1),
            "recovery_agent_removal_limit": "100%",
            "registry": "replicated_log",
            "version": "false",
            "zk": "zk://dcos_mesos_master:simulated-secret@zk-1.zk:2181/mesos",
            "zk_session_timeout": _secs(timing.election_seconds),
        }
    }


def of_agent(agent: Agent) -> Document:
    attributes = ";".join(f"{name}:{value}" for name, value in agent.attributes.items())
    return {
        "flags": {
            "attributes": attributes,
            "authenticate_http_readonly": "false",
            "cgroups_enable_cfs": "true",
            "cgroups_limit_swap": "false",
            "cgroups_root": "mesos",
            "container_disk_watch_interval": "15secs",
            "containerizers": "docker,mesos",
            "default_role": "slave_public" if agent.public else "*",
            "disk_watch_interval": "1mins",
            "enforce_container_disk_quota": "true",
            "executor_registration_timeout": "10mins",
            "gc_delay": "2days",
            "hostname": agent.host,
            "image_providers": "docker",
            "ip": agent.host,
            "isolation": "cgroups/cpu,cgroups/mem,disk/du,network/cni,filesystem/linux,docker/runtime,docker/volume",
            "launcher": "linux",
            "master": "zk://zk-1.zk:2181,zk-2.zk:2181,zk-3.zk:2181,zk-4.zk:2181,zk-5.zk:2181/mesos",
            "port": str(AGENT_PORT),
            "reconfiguration_policy": "equal",
            "recover": "reconnect",
            "recovery_timeout": "1days",
            "registration_backoff_factor": "1secs",
            "resources": f"ports:{agent.ports};disk:{agent.total.disk_mb}",
            "strict": "true",
            "version": "false",
            "work_dir": "/var/lib/mesos/slave",
        }
    }


def _secs(seconds: float) -> str:
    return f"{seconds:g}secs"
