"""What other tools expect of signing in to DC/OS: their own cases, where they are present beside the repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from collectors.client import Client
from collectors.errors import Outcome, PollError
from collectors.login import PATH, Account
from collectors.sessions import Sessions
from collectors.target import Kind, Target
from tests.faults import server as fault
from tests.faults.server import Connection, FaultServer, Script

CONFORMANCE = Path(__file__).resolve().parents[3] / "shared" / "conformance"
FILES = ("telegraf-dcos.json", "datadog-marathon.json")
PHRASES = {200: "200 OK", 401: "401 Unauthorized"}
QUESTION = "/service/marathon/v2/info"


def cases() -> list[Any]:
    found = [case for name in FILES if (CONFORMANCE / name).is_file() for case in cases_of(CONFORMANCE / name)]
    missing = pytest.param(None, marks=pytest.mark.skip(reason="no conformance cases beside the repository"))
    return [pytest.param(case, id=case["id"]) for case in found] or [missing]


def cases_of(path: Path) -> list[dict[str, Any]]:
    return [case for case in json.loads(path.read_text())["cases"] if PATH in json.dumps(case)]


def script_of(responses: list[dict[str, Any]]) -> Script:
    """The responses one after another, the last for ever."""
    scripts = [fault.answer(json.dumps(one["body"]).encode(), status=PHRASES[one["status"]]) for one in responses]

    def script(to: Connection) -> None:
        (scripts.pop(0) if len(scripts) > 1 else scripts[0])(to)

    return script


def steps_of(case: dict[str, Any]) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = case.get("sequence", [case])
    return steps


def asked_path(case: dict[str, Any]) -> str:
    """What the case wants to know behind the sign-in; a case about the sign-in alone asks for anything."""
    return next((step["endpoint"] for step in steps_of(case) if step["endpoint"] != PATH), QUESTION)


def client_of(server: FaultServer) -> Client:
    return Target(Kind.DCOS, server.url, account=Account("ana", "hush"), sessions=Sessions()).open(deadline_seconds=9)


@pytest.mark.parametrize("case", cases())
def test_a_peers_case_holds(case: dict[str, Any]) -> None:
    path = asked_path(case)
    answers: dict[str, list[dict[str, Any]]] = {path: [], PATH: []}
    for step in steps_of(case):
        answers[step["endpoint"]].append(step["response"])
    known = {where: script_of(told) for where, told in answers.items() if told}
    wanted = case["expect"]
    with FaultServer({path: fault.document({}), **known}) as server, client_of(server) as client:
        if wanted.get("errors"):
            with pytest.raises(PollError) as caught:
                client.get(server.url + path)
            assert caught.value.outcome is Outcome(wanted["error_kind"])
            assert all(words in caught.value.detail for words in wanted["message_contains"])
            return
        assert client.get(server.url + path).status == 200
    if "then_header" in wanted:
        assert f"Authorization: {server.seen[-1].headers['authorization']}" == wanted["then_header"]
    if "logins" in wanted:
        # Theirs begins without a token; ours signs in first, so the refusal costs one login more.
        assert server.paths.count(PATH) == wanted["logins"] + 1
        assert server.paths.count(path) == 2
