"""`python -m collectors.simulator`: a cluster in the foreground until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys

from collectors.simulator.hosts import DCOS_METRICS, GENERATIONS
from collectors.simulator.logins import LIFE_SECONDS
from collectors.simulator.marathon import LATEST, VERSIONS
from collectors.simulator.running import Settings, Simulator

PARENT_CHECK_SECONDS = 1.0


def main(arguments: list[str] | None = None) -> int:
    """Serve a cluster; exit code 1 when the router's address cannot be had."""
    options = _parser().parse_args(arguments)
    host, _, port = options.router.rpartition(":")
    settings = Settings(
        agents=options.agents,
        tasks_per_agent=options.tasks_per_agent,
        apps=options.apps,
        net=options.net,
        router_host=host,
        router_port=int(port),
        token=options.token,
        user=options.user,
        password=options.password,
        token_life_seconds=options.token_life,
        with_control=options.control,
        seed=options.seed,
        anchor=options.anchor,
        generation=options.generation,
        marathon_generation=options.marathon_generation,
    )
    try:
        simulator = Simulator(settings)
    except OSError as taken:
        sys.stderr.write(f"simulator: cannot listen on {options.router}: {taken.strerror}\n")
        return 1
    asyncio.run(_serve(simulator, bound=options.bound))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m collectors.simulator", description=__doc__)
    parser.add_argument("--router", default="127.0.0.1:0", metavar="HOST:PORT", help="Admin Router; port 0: a free one")
    parser.add_argument("--net", type=int, default=88, help="masters on 127.NET.0.11–13, agents on 127.NET.1.21 and on")
    parser.add_argument("--agents", type=int, default=12)
    parser.add_argument("--tasks-per-agent", type=int, metavar="N", help="always so many, alike, on every agent")
    parser.add_argument("--apps", type=int, default=1, metavar="N", help="of so many apps, with --tasks-per-agent")
    parser.add_argument("--token", default="", help="ask for this token at Admin Router")
    parser.add_argument(
        "--user", default="", help="let this user sign in at Admin Router, and ask everybody for a token"
    )
    parser.add_argument("--password", default="", help="the user's: of a simulated cluster, so it may be seen here")
    parser.add_argument("--token-life", type=float, default=LIFE_SECONDS, metavar="SECONDS", help="of tokens given so")
    parser.add_argument("--control", action="store_true", help="take failures and faults at POST /_control")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--anchor", type=float, help="now of the demo's stories, seconds since 1970 (the last whole hour)"
    )
    parser.add_argument("--generation", choices=GENERATIONS, default=DCOS_METRICS, help="who measures the machines")
    parser.add_argument("--marathon-generation", choices=VERSIONS, default=LATEST, help="which Marathon runs the apps")
    parser.add_argument("--bound", action="store_true", help="end when the parent process ends")
    return parser


async def _serve(simulator: Simulator, *, bound: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tasks = [asyncio.create_task(simulator.serve(lambda: _announce(simulator)))]
    if bound:
        tasks.append(asyncio.create_task(_watch_parent(os.getppid(), stop)))
    await stop.wait()
    for task in tasks:
        task.cancel()


async def _watch_parent(parent: int, stop: asyncio.Event) -> None:
    while os.getppid() == parent:
        await asyncio.sleep(PARENT_CHECK_SECONDS)
    stop.set()


def _announce(simulator: Simulator) -> None:
    masters = " ".join(simulator.master_urls) or "none"
    sys.stdout.write(f"simulator: router {simulator.router_url} masters {masters}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
