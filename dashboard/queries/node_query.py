"""The filter of nodes as one line. Pure, and never raises.

    is:unhealthy -is:public zone:eu-a,eu-b attr:rack=b4 mem.alloc>=90 "two words"

How a line is read stands in filter_line.py; here are the words and figures of nodes.
"""

from __future__ import annotations

from dashboard.queries.filter_line import Grammar

IS = ("healthy", "unhealthy", "na", "silent", "public", "private", "unmeasured")
STATUS = (
    *("active", "silent", "unreachable", "reregistering", "draining", "deactivated", "maintenance", "nodata"),
    *("leading", "standby", "noanswer"),
)
"""Of agents, then of masters: the words of the pages, in lower case and without spaces."""
KEYS = ("is", "status", "region", "zone", "framework", "attr")
FIGURES = (
    *("cpu.alloc", "cpu.used", "mem.alloc", "mem.used", "disk.alloc", "disk.used", "gpu.alloc"),
    *("load", "tasks"),
)
EXAMPLES: tuple[tuple[str, str], ...] = (
    ("10.0.0 web", "host, host name, agent id, region or zone holds both, in any case"),
    ("is:unhealthy,silent", f"one of them; there are {', '.join(IS)}"),
    ("status:draining", f"the state; agents are {', '.join(STATUS[:-3])}, masters {', '.join(STATUS[-3:])}"),
    ("region:eu zone:eu-a,eu-b zone:*b", "region and zone; a comma is a choice, * stands for anything"),
    ("framework:marathon", "agents that run a container of it, by name or id"),
    ("attr:rack=b4 attr:ssd", "attributes the operator gave the agent"),
    ("cpu.used>80 mem.alloc>=90 disk.used>90", "percent; also cpu.alloc, mem.used, disk.alloc, gpu.alloc"),
    ("load>1.5 tasks>20 tasks=0", "load for each core; running tasks"),
    ('-is:public -zone:eu-a "two words"', "a minus turns a part round, quotes keep words together"),
)
"""How it is written, and what that finds."""

GRAMMAR = Grammar(
    keys=KEYS,
    named=("attr", "an attribute"),
    allowed={"is": IS, "status": STATUS},
    figures=FIGURES,
    is_percent=lambda figure: "." in figure,
    needed=lambda figure: "a percent: 0 to 100" if "." in figure else "a number without a unit",
)

parse = GRAMMAR.parse
"""A line as its terms and problems, in the order they were written."""
