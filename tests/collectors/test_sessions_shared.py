"""One process' tokens: shared by its threads, bounded in number, and shown to nobody."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from types import FunctionType, ModuleType

import pytest

from collectors.errors import Outcome, PollError
from collectors.login import PATH, Account
from collectors.sessions import MOST_SESSIONS, SESSIONS, Sessions, SignIn
from collectors.target import Kind, Target
from tests.collectors.signing_in import PASSWORD, SUMMARY, Scene
from tests.faults import server as fault
from tests.faults.server import FaultServer


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene()
    with made.simulator.running():
        yield made


def at_once(threads: int, do: Callable[[], object]) -> list[object]:
    """What `do` gave to each of so many threads that began together."""
    ends: list[object] = []
    start = threading.Barrier(threads)

    def run() -> None:
        start.wait(10)
        try:
            ends.append(do())
        except PollError as error:
            ends.append(error.outcome)

    running = [threading.Thread(target=run) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(30)
    return ends


def test_24_threads_sign_in_once(scene: Scene) -> None:
    scene.simulator.fault(PATH, "slow", 0.3)
    assert sorted(at_once(24, scene.poll), key=str) == 23 * [1] + [2]
    assert scene.logins.attempts == 1


def test_24_threads_whose_token_ends_together_renew_it_once(scene: Scene) -> None:
    scene.poll()
    scene.logins.revoke()
    assert all(isinstance(end, int) for end in at_once(24, scene.poll))
    assert scene.logins.granted == 2


def test_24_threads_with_a_wrong_password_ask_once(scene: Scene) -> None:
    assert at_once(24, lambda: scene.poll("wrong")) == 24 * [Outcome.AUTH]
    assert scene.logins.attempts == 1


def test_an_identity_service_that_hangs_costs_one_wait_for_all(scene: Scene) -> None:
    with FaultServer({PATH: fault.hang}) as server:
        target = scene.target(url=server.url)

        def poll() -> None:
            with target.open(deadline_seconds=20) as client:
                client.get(f"{server.url}/x")

        assert at_once(8, poll) == 8 * [Outcome.TIMEOUT_HEADERS]
        assert server.paths == [PATH]


def test_without_time_left_nobody_signs_in_and_nothing_is_held_against_the_cluster(scene: Scene) -> None:
    with scene.target().open(deadline_seconds=1.5) as client, pytest.raises(PollError) as caught:
        client.get(scene.simulator.router_url + SUMMARY)
    assert caught.value.outcome is Outcome.TIMEOUT_HEADERS and "time was used up" in caught.value.detail
    assert scene.logins.attempts == 0
    scene.poll()


def test_strangers_are_told_no_token_and_cost_no_sign_in(scene: Scene) -> None:
    with FaultServer({"/x": fault.document({})}) as stranger, scene.target().open(deadline_seconds=20) as client:
        client.get(f"{stranger.url}/x")
    assert "authorization" not in stranger.seen[0].headers and scene.logins.attempts == 0


def test_sessions_are_bounded_and_the_one_in_use_stays() -> None:
    sessions, ana = Sessions(), Account("ana", "x")
    used = sessions.of("http://used", ana)
    made = []
    for number in range(2 * MOST_SESSIONS):
        made.append(weakref.ref(sessions.of(f"http://{number}", ana)))
        assert sessions.of("http://used", ana) is used
    assert sum(one() is not None for one in made) == MOST_SESSIONS - 1


def texts_within(root: object) -> set[str]:
    """All texts that can be reached from an object, code aside."""
    seen, waiting, found = {id(root)}, [root], set[str]()
    while waiting:
        for one in gc.get_referents(waiting.pop()):
            if id(one) in seen or isinstance(one, type | FunctionType | ModuleType):
                continue
            seen.add(id(one))
            waiting.append(one)
            if isinstance(one, str | bytes):
                found.add(one if isinstance(one, str) else one.decode("latin-1"))
    return found


def test_sessions_keep_the_token_and_no_password(scene: Scene) -> None:
    scene.poll()
    (token,) = {seen.headers["authorization"] for seen in scene.simulator.requests_seen if seen.path == SUMMARY}
    texts = texts_within(scene.sessions)
    assert token.removeprefix("token=") in texts
    assert not any(PASSWORD in text for text in texts)


def test_neither_password_nor_token_is_in_a_repr(scene: Scene) -> None:
    scene.poll()
    session = scene.sessions.of(scene.simulator.router_url, Account("ana", PASSWORD))
    token = session.token(lambda: pytest.fail("the token still holds"), wait_seconds=1)
    shown = f"{scene.target()!r} {scene.target().sign_in!r} {vars(session)!r} {scene.simulator.settings!r}"
    assert token.count(".") == 2 and token not in shown and PASSWORD not in shown
    assert "ana" in shown


def test_a_target_uses_the_sessions_of_the_process() -> None:
    way = Target(Kind.DCOS, "https://dcos.example.com", account=Account("ana", "x")).sign_in
    assert isinstance(way, SignIn) and way.sessions is SESSIONS
