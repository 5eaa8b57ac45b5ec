"""The filter of apps as one line. Pure, and never raises.

    state:delayed,waiting group:/search -label:team=web mem.slack>10 "two words"

How a line is read stands in filter_line.py; here are the words and figures of apps.
"""

from __future__ import annotations

from dashboard.models import App
from dashboard.queries.filter_line import Grammar

KEYS = ("state", "group", "marathon", "role", "label", "image", "restarts")
ALLOWED = {
    "state": (*(state.value for state in reversed(App.State)), "nodata"),
    "restarts": ("steady", "restarting", "loop"),
}
FIGURES = (
    *("cpu.alloc", "cpu.used", "cpu.slack", "mem.alloc", "mem.used", "mem.slack"),
    *("instances", "running", "unhealthy", "failures"),
)
EXAMPLES: tuple[tuple[str, str], ...] = (
    ("search api", "the id holds both, in any case"),
    ("state:delayed,waiting", f"one of them; there are {', '.join(ALLOWED['state'])}"),
    ("group:/search", "apps in the group, and in those below it"),
    ("marathon:marathon-user role:prod", "whose apps they are, and in whose name they run"),
    ("label:team=web label:HAPROXY_GROUP", "labels of the app, with their value or any"),
    ("image:*nginx*", "the container's image; * stands for anything"),
    ("restarts:loop", f"of the last 15 min; there are {', '.join(ALLOWED['restarts'])}"),
    ("mem.slack>10 cpu.used<0.5", "GiB of memory and cores; slack is allocated less p95 used; also .alloc"),
    ("instances>20 running=0 failures>3", "also unhealthy; failures are of 24 h"),
    ('-state:running "two words"', "a minus turns a part round, quotes keep words together"),
)
"""How it is written, and what that finds."""

UNITS = {"cpu": "cores as a number", "mem": "GiB as a number"}
GRAMMAR = Grammar(
    keys=KEYS,
    named=("label", "a label"),
    allowed=ALLOWED,
    figures=FIGURES,
    is_percent=lambda figure: False,
    needed=lambda figure: f"{UNITS.get(figure.partition('.')[0], 'a number')}, without a unit,",
)

parse = GRAMMAR.parse
"""A line as its terms and problems, in the order they were written."""
