"""Which flags of Mesos masters and agents are kept, and what their values mean.

A flag may hold a secret (`credentials`, a password inside `zk`), so only those named here leave an answer.
Documents: https://mesos.apache.org/documentation/latest/configuration/master/, …/configuration/agent/
"""

from __future__ import annotations

import re
from collections.abc import Mapping

FLAGS = (
    *("agent_ping_timeout", "max_agent_ping_timeouts", "agent_reregister_timeout", "agent_removal_rate_limit"),
    *("recovery_agent_removal_limit", "zk_session_timeout", "quorum", "offer_timeout", "allocation_interval"),
    *("isolation", "containerizers", "launcher", "image_providers", "resources", "attributes", "resource_estimator"),
    *("cgroups_enable_cfs", "cgroups_limit_swap", "disk_watch_interval", "enforce_container_disk_quota", "gc_delay"),
    *("executor_registration_timeout", "recovery_timeout", "reconfiguration_policy", "registration_backoff_factor"),
)
"""When an agent is given up, how often resources are offered, what is isolated and enforced, what is kept how long."""
OLD_NAMES = {flag.replace("agent", "slave"): flag for flag in FLAGS if "agent" in flag}
"""Older versions said slave, and newer ones still do where they were started with the old flag."""
NAMES = {flag: flag for flag in FLAGS} | OLD_NAMES
"""Every spelling of a flag that is kept, and what it is called here."""

IN_TEXT = re.compile(r"(?:^|;)\s*+([a-z]++)\s*+(?:\([^);]*+\)\s*+)?:")
IN_JSON = re.compile(r'"name"\s*+:\s*+"([a-z]++)"')


def declares_resources(flags: Mapping[str, str]) -> bool:
    """Whether somebody wrote down how much CPU and memory the agent offers; else Mesos found them out by itself.

    `resources` is `cpus:4;mem(role):2048;…` or a JSON list. DC/OS declares every agent's ports and disks there, and
    leaves CPU and memory to Mesos.
    """
    value = flags.get("resources", "")
    names = IN_JSON.findall(value) if value.lstrip().startswith("[") else IN_TEXT.findall(value)
    return {"cpus", "mem"} <= set(names)
