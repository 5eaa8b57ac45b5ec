"""python -m collectors SOURCE URL: what a cluster says, as a table or as JSON lines. SOURCE may be `listen`: as it happens."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from collectors.errors import PollError
from collectors.listen import as_line, listened
from collectors.passwords import account_of
from collectors.records import AgentPlace, Harvest, Record, StreamRecord, Turn
from collectors.sources import SOURCES_BY_NAME, Source, app_metrics, containers, summary
from collectors.tables import as_table
from collectors.target import Kind, Target
from collectors.turns import agents_in, containers_in, turns
from collectors.version import read_version

LISTEN = "listen"
WORDS = (*SOURCES_BY_NAME, LISTEN)


def arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m collectors", description="Prints what a cluster says.")
    parser.add_argument("source", metavar="SOURCE", choices=WORDS, help=", ".join(WORDS))
    parser.add_argument("url", metavar="URL", help="Admin Router's URL, or a Mesos master's")
    parser.add_argument("--kind", choices=[str(kind) for kind in Kind], help="found out where it is left out")
    parser.add_argument("--master", metavar="URL", action="append", default=[], help="another master; may be repeated")
    parser.add_argument("--marathon", metavar="URL", action="append", default=[], help="a Marathon; may be repeated")
    parser.add_argument(
        "--stream", metavar="NAME", default="mesos", help="whom to listen to: mesos, or a Marathon's name"
    )
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
        source = None if given.source == LISTEN else source_for(target, given.source)
    except (ValueError, OSError) as error:
        print(f"collectors: {error}", file=sys.stderr)
        return 2
    try:
        harvests = [] if source is None else list(ask(source, target))
        for record in listened(target, given.stream) if source is None else ():
            print(next(as_json([record])) if given.json else as_line(record), flush=True)
    except PollError as error:
        print(f"collectors: {error.outcome}: {error.detail}", file=sys.stderr)
        return 1
    records = [record for harvest in harvests for record in harvest.records]
    for line in as_json(records) if given.json else as_table(records):
        print(line)
    for line in chain.from_iterable(map(remarks, harvests)):
        print(line, file=sys.stderr)
    return 0


def source_for(target: Target, name: str) -> Source:
    """The source of this name, where this cluster has it; else ValueError."""
    source = SOURCES_BY_NAME[name]
    if source.asks_marathon and not target.marathons:
        raise ValueError("Plain Mesos does not say where its Marathon is; give it with --marathon")
    if target.kind not in source.kinds:
        raise ValueError(f"{source.name} exists on {', '.join(sorted(source.kinds))} only, this is {target.kind}")
    return source


def ask(source: Source, target: Target) -> Iterator[Harvest]:
    """The source's whole cluster, shard by shard; a source that asks each agent has them from the summary. PollError."""
    tick = int(time.time()) // 60 * 60  # a full minute asks for everything a source may yield
    agents: tuple[AgentPlace, ...] = ()
    if source.agents_per_shard:
        agents = agents_in(summary.SOURCE.poll(target, Turn(tick=1, period_seconds=1)).records)
    for turn in turns(source, agents, tick=tick):
        if source is app_metrics.SOURCE:
            turn = replace(turn, app_containers=containers_in(containers.SOURCE.poll(target, turn).records))
        yield source.poll(target, turn)


def target_of(given: argparse.Namespace) -> Target:
    """The target the call names. ValueError or OSError says what is wrong with it."""
    token = given.token_file.read_text().strip() if given.token_file else None
    ca_pem = given.ca_file.read_text() if given.ca_file else None
    account = account_of(given.user, given.password_file) if given.user else None
    kind, masters, marathons = Kind(given.kind or Kind.DCOS), tuple(given.master), tuple(given.marathon)
    target = Target(kind, given.url, masters, token, ca_pem, account, marathon_urls=marathons)
    return target if given.kind or account else with_kind_found(target)


def with_kind_found(target: Target) -> Target:
    """dcos where Admin Router tells its version, else mesos."""
    with target.open(deadline_seconds=5.0) as client:
        try:
            read_version(client, target.url)
        except PollError:
            return replace(target, kind=Kind.MESOS)
    return target


def as_json(records: Iterable[Record | StreamRecord]) -> Iterator[str]:
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
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # and whoever listens leaves by it
    sys.exit(main(sys.argv[1:]))
