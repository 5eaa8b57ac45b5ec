"""What is said beside a figure of use: of how many agents it is, how old; or why there is none. Pure."""

from __future__ import annotations

from dashboard import figures
from dashboard.queries.freshness import Freshness
from dashboard.queries.use import Use


def coverage(use: Use) -> str:
    """Of how many agents the figures are: 11 of 12 agents measured."""
    expected = figures.counted(use.agents_expected, "agent")
    return f"{figures.count(use.agents_measured)} of {expected} measured"


def is_partial(use: Use) -> bool:
    """Whether it is known of some agents now and not of others."""
    return use.freshness.current and (use.agents_measured or 0) < (use.agents_expected or 0)


def told(use: Use) -> str:
    """Coverage and age, or the reason why no figure is shown."""
    if not use.offered:
        return "not measured: plain Mesos has no metrics of machines"
    if use.freshness is Freshness.NEVER:
        return "not measured yet"
    if not use.freshness.current:
        return f"not measured for {figures.duration(use.age_seconds)}"
    return f"{coverage(use)}, {figures.ago(use.age_seconds)}"
