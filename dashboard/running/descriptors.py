"""How many files and connections a process may have open."""

from __future__ import annotations

import resource

WANTED = 8192
"""A worker's 24 threads may each have 64 agents' connections open: more than the usual 1,024."""


def allow_many() -> None:
    """Raise this process' limit, and so that of those it starts, as far as the system lets it; never lower it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
