"""What fetching costs, which no other part counts: `python -m tests.bench.peers.fetched AGENTS ROUNDS`.

The product's own client asks a simulated cluster, in a process of its own, for the same two answers of each agent as polls
do, and throws them away. The last line is what was found.
"""

from __future__ import annotations

import sys
import time

from collectors.crowd import Terms, ask_all
from collectors.each_agent import metrics_url_of, url_of
from collectors.sources import SOURCES_BY_NAME
from collectors.sources.containers import GET_CONTAINERS
from collectors.sources.containers import TERMS as OF_CONTAINERS
from collectors.sources.nodes import TERMS as OF_MACHINES
from collectors.target import Kind, Target
from collectors.turns import agents_in, turns
from tests.bench.collect import simulator
from tests.bench.peers.engine import NotMeasured, told

DEADLINE_SECONDS = 60.0


def measured(agents: int, rounds: int) -> dict[str, float]:
    with simulator(agents) as url:
        target = Target(kind=Kind.DCOS, url=url, master_urls=())
        summary = SOURCES_BY_NAME["summary"]
        places = agents_in(summary.poll(target, next(turns(summary, (), tick=0))).records)
        asked = [
            ([url_of(target, place, "/api/v1") or "" for place in places], _posting(OF_CONTAINERS)),
            ([metrics_url_of(target, place, "/node") or "" for place in places], OF_MACHINES),
        ]
        spent = min(sum(fetched(target, urls, terms) for urls, terms in asked) for _ in range(rounds))
    return {"agents": len(places), "cpu_seconds": spent}


def _posting(terms: Terms) -> Terms:
    return Terms(seconds=terms.seconds, limit_bytes=terms.limit_bytes, body=GET_CONTAINERS)


def fetched(target: Target, urls: list[str], terms: Terms) -> float:
    """CPU seconds of asking them all once."""
    began = time.process_time()
    with target.open(deadline_seconds=DEADLINE_SECONDS) as client:
        for url, end in ask_all(client, urls, terms):
            if isinstance(end, Exception):
                raise NotMeasured(f"{url}: {end}")
    return time.process_time() - began


if __name__ == "__main__":
    told(lambda: measured(int(sys.argv[1]), int(sys.argv[2])))
