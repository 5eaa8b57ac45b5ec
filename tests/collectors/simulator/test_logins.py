from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from collectors.simulator import World, plan
from collectors.simulator.answers import Answer, Request
from collectors.simulator.logins import LOGIN_PATH, Logins
from collectors.simulator.routes import ROUTER, Routes

NOW = 1_800_000_000.0


@dataclass
class Door:
    """A router that lets ana in, for a minute, on a clock that only the test moves."""

    now: float = NOW
    logins: Logins = field(init=False)
    routes: Routes = field(init=False)

    def __post_init__(self) -> None:
        self.logins = Logins("ana", "right", life_seconds=60, clock=lambda: self.now)
        world = World(plan.make(seed=1, agents=1, net=88), anchor=NOW)
        self.routes = Routes(world, lambda: self.now, logins=self.logins)

    def sign_in(self, document: Any, *, method: str = "POST") -> Answer:
        return self.routes.answer(Request(ROUTER, method, LOGIN_PATH, {}, msgspec.json.encode(document)))

    def token(self) -> str:
        body = self.sign_in({"uid": "ana", "password": "right"}).body
        assert isinstance(body, bytes)
        return str(msgspec.json.decode(body)["token"])

    def status(self, token: str) -> int:
        headers = {"authorization": f"token={token}"} if token else {}
        return self.routes.answer(Request(ROUTER, "GET", "/mesos/version", headers)).status


@pytest.fixture
def door() -> Door:
    return Door()


def test_who_signs_in_is_let_in_until_the_token_ends(door: Door) -> None:
    token = door.token()
    assert (door.status(token), door.logins.granted) == (200, 1)
    door.now += 59
    assert door.status(token) == 200
    door.now += 1
    assert door.status(token) == 401


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "..", "é"])
def test_others_get_the_routers_page(door: Door, token: str) -> None:
    assert door.status(token) == 401
    answer = door.routes.answer(Request(ROUTER, "GET", "/mesos/version", {}))
    assert dict(answer.headers)["WWW-Authenticate"] == "oauthjwt"
    assert dict(answer.headers)["Content-Type"].startswith("text/html")


def test_a_revoked_token_is_good_no_more_and_the_next_one_is(door: Door) -> None:
    token = door.token()
    door.logins.revoke()
    assert (door.status(token), door.status(door.token())) == (401, 200)


def test_two_tokens_of_the_same_second_differ(door: Door) -> None:
    assert door.token() != door.token()


def test_a_wrong_password_is_refused_as_the_identity_service_does(door: Door) -> None:
    answer = door.sign_in({"uid": "ana", "password": "wrong"})
    assert isinstance(answer.body, bytes)
    said = msgspec.json.decode(answer.body)
    assert (answer.status, dict(answer.headers)["WWW-Authenticate"]) == (401, "acsjwt")
    assert (said["code"], said["description"]) == ("ERR_INVALID_CREDENTIALS", "Invalid credentials.")
    assert (door.logins.attempts, door.logins.refused) == (1, 1)


@pytest.mark.parametrize(
    "document", [{}, {"uid": "ana"}, {"uid": "ana", "password": ""}, {"uid": 1, "password": 2}, []]
)
def test_half_a_sign_in_is_a_bad_request(door: Door, document: object) -> None:
    assert door.sign_in(document).status == 400


def test_only_a_post_signs_in(door: Door) -> None:
    assert door.sign_in({}, method="GET").status == 405


def test_a_router_without_it_knows_no_such_path() -> None:
    routes = Routes(World(plan.make(seed=1, agents=1, net=88), anchor=NOW), lambda: NOW)
    assert routes.answer(Request(ROUTER, "POST", LOGIN_PATH, {})).status == 404
