"""How to look further into a unit on a node: commands to copy into a shell. Pure Python.

Names come from the cluster, so each is quoted: what is pasted can never be more than the command it looks like.
Document: `dcos node ssh --help`, journalctl(1)
"""

from __future__ import annotations

from shlex import quote

KINDS = {
    "service": (
        "A service: a program that systemd keeps running. Healthy means that systemd knows it and that it has not failed; "
        "one that somebody stopped counts as healthy, too."
    ),
    "timer": (
        "A timer: it starts the service of the same name at its times. Between two of them that service rests, "
        "which is no fault."
    ),
    "socket": (
        "A socket: systemd listens on it and starts the service of the same name once somebody connects. Without "
        "it the service cannot be reached."
    ),
    "target": "A target: it only groups other units, and is reached when these are.",
    "mount": "A mount: a file system that systemd attaches.",
    "path": "A path: systemd watches it and starts the service of the same name when it changes.",
}
"""What each kind of systemd unit is, by its suffix."""


def kind_in_words(unit: str) -> str:
    """What kind of unit it is, in a sentence; "" for a kind that systemd does not have."""
    return KINDS.get(unit.rpartition(".")[2], "")


def commands(unit: str, *, host: str, agent_id: str) -> str:
    """A shell on the node, and there the unit's state and journal. Whatever has no agent id is found by its address."""
    node = f"--mesos-id={agent_id}" if agent_id else f"--private-ip={host}"
    return "\n".join(
        [
            f"dcos node ssh --master-proxy {quote(node)}",
            f"systemctl status -- {quote(unit)}",
            f"journalctl -u {quote(unit)} --since -1h",
        ]
    )
