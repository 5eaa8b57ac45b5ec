"""python -m collectors SOURCE URL: what a cluster says, as a table or as JSON lines."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from collectors.errors import PollError
from collectors.passwords import account_of
from collectors.records import AgentPlace, Harvest, Record, Turn
from collectors.sources import SOURCES_BY_NAME, Source, summary
from collectors.tables import as_table
from collectors.target import Kind, Target
from collectors.turns import agents_in, turns
from collectors.version import read_version


def arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m collectors", description="Prints what a cluster says.")
    parser.add_argument("source", metavar="SOURCE", choices=list(SOURCES_BY_NAME), help=", ".join(SOURCES_BY_NAME))
    parser.add_argument("url", metavar="URL", help="Admin Router's URL, or a Mesos master's")
    parser.add_argument("--kind", choices=[str(kind) for kind in Kind], help="found out where it is left out")
    parser.add_argument("--master", metavar="URL", action="append", default=[], help="another master; may be repeated")
    parser.add_argument("--token-file", metavar="F", type=Path, help="a file that holds the login token")
    parser.add_argument("--user", metavar="NAME", help="sign in to DC/OS by user name; asks for the password")
    parser.add_argument(
        "--password-file", metavar="F", type=Path, help="a file that holds the password; - reads it from stdin"
    )
    parser.add_argument("--ca-file", metavar="F", type=Path, help="a PEM file with the authority to trust")
    parser.add_argument("--json", action="store_true", help="one record a line, as JSON")
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    """The exit code: 0 for an answer, 1 for none, 2 for a call that cannot be meant."""
    given = arguments(words)
    try:
        target = target_of(given)
        source = SOURCES_BY_NAME[given.source]
        if target.kind not in source.kinds:
            raise ValueError(f"{source.name} exists on {', '.join(sorted(source.kinds))} only, this is {target.kind}")
    except (ValueError, OSError) as error:
        print(f"collectors: {error}", file=sys.stderr)
        return 2
    try:
        harvests = list(ask(source, target))
    except PollError as error:
        print(f"collectors: {error.outcome}: {error.detail}", file=sys.stderr)
        return 1
    records = [record for harvest in harvests for record in harvest.records]
    for line in as_json(records) if given.json else as_table(records):
        print(line)
    for line in chain.from_iterable(map(remarks, harvests)):
        print(line, file=sys.stderr)
    return 0


def ask(source: Source, target: Target) -> Iterator[Harvest]:
    """The source's whole cluster, shard by shard; a source that asks each agent has them from the summary. PollError."""
    tick = int(time.time()) // 60 * 60  # a full minute asks for everything a source may yield
    agents: tuple[AgentPlace, ...] = ()
    if source.agents_per_shard:
        agents = agents_in(summary.SOURCE.poll(target, Turn(tick=1, period_seconds=1)).records)
    for turn in turns(source, agents, tick=tick):
        yield source.poll(target, turn)


def target_of(given: argparse.Namespace) -> Target:
    """The target the call names. ValueError or OSError says what is wrong with it."""
    token = given.token_file.read_text().strip() if given.token_file else None
    ca_pem = given.ca_file.read_text() if given.ca_file else None
    account = account_of(given.user, given.password_file) if given.user else None
    target = Target(Kind(given.kind or Kind.DCOS), given.url, tuple(given.master), token, ca_pem, account)
    return target if given.kind or account else with_kind_found(target)


def with_kind_found(target: Target) -> Target:
    """dcos where Admin Router tells its version, else mesos."""
    with target.open(deadline_seconds=5.0) as client:
        try:
            read_version(client, target.url)
        except PollError:
            return Target(Kind.MESOS, target.url, target.master_urls, target.token, target.ca_pem)
    return target


def as_json(records: list[Record]) -> Iterator[str]:
    for record in records:
        tagged: dict[str, Any] = {"record": type(record).__name__, **msgspec.structs.asdict(record)}
        yield msgspec.json.encode(tagged).decode()


def remarks(harvest: Harvest) -> Iterator[str]:
    """What is missing from the answer, and why."""
    for node in harvest.nodes:
        if node.detail:
            yield f"{node.place}: {node.outcome}: {node.detail}"
    for reason, times in harvest.dropped.items():
        yield f"dropped {times}: {reason}"
    yield from harvest.notes


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` may leave before the end
    sys.exit(main(sys.argv[1:]))
