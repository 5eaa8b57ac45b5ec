"""The catalogue of rules, in the order of their numbers, in which pages list them. A new rule is one definition in the file of
its subject; a new file is one name in MODULES.

Left out, because nothing that is asked today tells them: R59–R65 (ZooKeeper), R12 (agents' recovery errors are not kept).
R66 is what operators make themselves. R5b (five masters, never an even number) is an item of a checklist.
"""

from __future__ import annotations

import re

from dashboard.alerts.definition import Definition
from dashboard.alerts.rules import (
    agent_processes,
    agents,
    apps,
    capacity,
    clocks,
    collection,
    components,
    containers,
    filesystems,
    frameworks,
    launching,
    machine_lives,
    machines,
    marathons,
    master_load,
    masters,
    network,
    tasks,
)

MODULES = (
    *(masters, agents, agent_processes, tasks, capacity, frameworks, master_load),
    *(components, machines, filesystems, machine_lives, network, containers, clocks, collection),
    *(apps, launching, marathons),
)


def _number(rule: Definition) -> tuple[int, str]:
    """R3b comes after R3 and before R4."""
    digits = re.findall(r"\d+", rule.key)
    return int(digits[0]), rule.key


RULES: tuple[Definition, ...] = tuple(sorted((rule for module in MODULES for rule in module.RULES), key=_number))

BY_KEY: dict[str, Definition] = {rule.key: rule for rule in RULES}
