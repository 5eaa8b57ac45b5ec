from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from collectors import crowd
from collectors.client import Answer, Client, Limits
from collectors.crowd import MOST_AT_ONCE, WIDTH, Terms, ask_all
from collectors.errors import Outcome, PollError
from collectors.login import PATH, Account
from collectors.sessions import Sessions
from collectors.simulator import Settings, Simulator
from collectors.target import Kind, Target
from tests import patience
from tests.faults import server as fault
from tests.faults.server import Connection, FaultServer
from tests.patience import HANG_SECONDS

TERMS = Terms(seconds=60.0, limit_bytes=1024)
HELLO = fault.document({})


def asked(server: FaultServer, paths: list[str], *, deadline_seconds: float = 120.0) -> dict[str, Answer | PollError]:
    with Client(deadline_seconds=deadline_seconds) as client:
        return dict(ask_all(client, [server.url + path for path in paths], TERMS))


def outcomes(ends: dict[str, Answer | PollError]) -> list[str]:
    return [str(end.outcome) if isinstance(end, PollError) else "answer" for end in ends.values()]


def test_every_url_is_asked_once_and_ends_once() -> None:
    with FaultServer({"/a": HELLO, "/b": HELLO}) as server:
        ends = asked(server, ["/a", "/b", "/a", "/c"])
    assert sorted(server.paths) == ["/a", "/b", "/c"]
    assert sorted(outcomes(ends)) == ["answer", "answer", "not_found"]


def test_hung_servers_do_not_hold_the_places_of_the_others() -> None:
    hung = [f"/hung{number}" for number in range(2 * WIDTH)]
    with FaultServer({**dict.fromkeys(hung, fault.hang), "/a": HELLO}) as server, Client(deadline_seconds=10) as client:
        started = time.monotonic()
        urls = [server.url + path for path in (*hung, "/a")]
        when = {url: time.monotonic() - started for url, _ in ask_all(client, urls, Terms(seconds=4, limit_bytes=9))}
    assert when[f"{server.url}/a"] < when[f"{server.url}/hung0"]


def test_a_server_that_closes_after_each_answer_without_a_word_costs_no_answer() -> None:
    paths = [f"/{number}" for number in range(200)]
    with FaultServer(dict.fromkeys(paths, HELLO)) as server:
        assert set(outcomes(asked(server, paths))) == {"answer"}


def test_no_more_than_the_width_are_asked_at_a_time_while_they_are_young(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "IMPATIENT_SECONDS", HANG_SECONDS)
    many = threading.Event()
    under_way, most, lock = set[int](), [0], threading.Lock()

    def slow(to: Connection) -> None:
        with lock:
            under_way.add(id(to))
            most[0] = max(most[0], len(under_way))
            if len(under_way) > WIDTH / 2:
                many.set()
        many.wait(HANG_SECONDS)
        to.wait(0.05)
        with lock:
            under_way.discard(id(to))
        HELLO(to)

    paths = [f"/{number}" for number in range(60)]
    with FaultServer(dict.fromkeys(paths, slow)) as server:
        assert set(outcomes(asked(server, paths))) == {"answer"}
    assert WIDTH / 2 < most[0] <= WIDTH < MOST_AT_ONCE


def test_a_hang_on_a_connection_used_before_is_a_hang_too() -> None:
    with Simulator(Settings(agents=1, with_stories=False)).running() as simulator, Client(deadline_seconds=9) as client:
        url = f"{simulator.router_url}/system/v1/metrics/v0/node"
        simulator.fault("/hung", "hang")
        simulator.fault("/dripping", "drip", 1)
        urls = [f"{url}?{number}" for number in range(3 * WIDTH)]
        urls += [f"{simulator.router_url}/hung", f"{simulator.router_url}/dripping"]
        ends = dict(ask_all(client, urls, Terms(seconds=1, limit_bytes=2**20)))
    assert sorted(outcomes(ends))[-2:] == ["timeout_body", "timeout_headers"]


def test_what_still_waits_at_the_polls_deadline_has_failed_with_a_word() -> None:
    paths = [f"/{number}" for number in range(WIDTH + 4)]
    with FaultServer(dict.fromkeys(paths, fault.hang)) as server:
        started = time.monotonic()
        ends = asked(server, paths, deadline_seconds=0.5)
    assert time.monotonic() - started < fault.HUNG_SECONDS / 2
    assert outcomes(ends) == ["timeout_headers"] * len(paths)
    assert sum("used up" in str(end) for end in ends.values()) == 4


def test_a_refused_connection_is_asked_again_once() -> None:
    port, answered = fault.free_port(), threading.Event()

    def open_late() -> None:
        patience.until(lambda: client.requests, what="a first try")
        time.sleep(0.2)  # which is refused
        with FaultServer({"/": HELLO}, port=port):
            answered.wait()

    with Client(deadline_seconds=60, limits=Limits(retry_after_seconds=2.0)) as client:
        threading.Thread(target=open_late, daemon=True).start()
        ((_, end),) = ask_all(client, [f"http://127.0.0.1:{port}/"], TERMS)
        assert (isinstance(end, Answer), client.requests) == (True, 2)
    answered.set()


def test_a_body_over_its_limit_ends_alone() -> None:
    with FaultServer({"/a": HELLO, "/big": fault.answer(b"x" * 2048)}) as server:
        ends = asked(server, ["/big", "/a"])
    big = ends[f"{server.url}/big"]
    assert isinstance(big, PollError) and big.outcome is Outcome.TOO_LARGE
    assert isinstance(ends[f"{server.url}/a"], Answer)


@pytest.fixture
def signing_in() -> Iterator[Simulator]:
    with Simulator(Settings(agents=1, user="ana", password="right", with_stories=False)).running() as simulator:
        yield simulator


def by(password: str, simulator: Simulator) -> Client:
    account = Account("ana", password)
    return Target(Kind.DCOS, simulator.router_url, account=account, sessions=Sessions()).open(deadline_seconds=20)


def questions(simulator: Simulator, number: int) -> list[str]:
    return [f"{simulator.router_url}/mesos/version?{each}" for each in range(number)]


def test_a_token_that_ends_in_the_middle_loses_no_answer(signing_in: Simulator) -> None:
    assert signing_in.logins
    ends = {}
    with by("right", signing_in) as client:
        for url, end in ask_all(client, questions(signing_in, 200), TERMS):
            ends[url] = end
            if len(ends) == 70:
                signing_in.logins.revoke()
    assert len(ends) == 200 and set(outcomes(ends)) == {"answer"}
    # Those under way when the token ended were asked twice, the rest waited for the new one.
    assert signing_in.logins.granted == 2 and client.requests <= 200 + 2 + WIDTH


def test_an_agent_that_refuses_every_token_costs_the_others_nothing(signing_in: Simulator) -> None:
    assert signing_in.logins
    signing_in.fault("/mesos/flags", "401")
    odd = f"{signing_in.router_url}/mesos/flags"
    with by("right", signing_in) as client:
        ends = dict(ask_all(client, [odd, *questions(signing_in, 50)], TERMS))
    assert isinstance(refusal := ends.pop(odd), PollError) and refusal.http_status == 401
    assert set(outcomes(ends)) == {"answer"} and signing_in.logins.granted == 2


def test_without_a_sign_in_every_url_says_why_and_none_is_asked(signing_in: Simulator) -> None:
    assert signing_in.logins
    with by("wrong", signing_in) as client:
        ends = dict(ask_all(client, questions(signing_in, 100), TERMS))
    assert len(ends) == 100 and {end.outcome for end in ends.values() if isinstance(end, PollError)} == {Outcome.AUTH}
    assert (signing_in.logins.attempts, len(signing_in.requests_seen), client.requests) == (1, 1, 1)


def test_a_password_that_was_changed_meanwhile_is_what_the_rest_are_told(signing_in: Simulator) -> None:
    assert signing_in.logins
    ends = {}
    with by("right", signing_in) as client:
        for url, end in ask_all(client, questions(signing_in, 60), TERMS):
            ends[url] = end
            if len(ends) == 20:
                signing_in.fault(PATH, "401")
                signing_in.logins.revoke()
    failed = [end for end in ends.values() if isinstance(end, PollError)]
    assert len(ends) == 60 and 0 < len(failed) <= 40
    assert all(end.outcome is Outcome.AUTH for end in failed) and "password was refused" in failed[0].detail


def test_a_given_token_that_is_refused_is_not_sent_twice() -> None:
    paths = [f"/{number}" for number in range(40)]
    refusing = fault.page("no", status="401 Unauthorized")
    with FaultServer(dict.fromkeys(paths, refusing)) as server:
        target = Target(Kind.DCOS, server.url, token="t0k")
        with target.open(deadline_seconds=9) as client:
            ends = dict(ask_all(client, [server.url + path for path in paths], TERMS))
        assert (outcomes(ends), len(server.seen)) == (40 * ["auth"], 40)


def test_a_url_nobody_may_ask_is_a_mistake_of_the_caller() -> None:
    with Client(deadline_seconds=1) as client, pytest.raises(ValueError, match="metadata"):
        list(ask_all(client, ["http://169.254.169.254/"], TERMS))
    assert client.requests == 0


def test_leaving_early_closes_what_was_under_way() -> None:
    with FaultServer({"/a": HELLO, "/b": fault.hang}) as server, Client(deadline_seconds=5) as client:
        ends = ask_all(client, [f"{server.url}/b", f"{server.url}/a"], TERMS)
        assert next(ends)[0] == f"{server.url}/a"
        started = time.monotonic()
        ends.close()  # type: ignore[attr-defined]
        assert time.monotonic() - started < fault.HUNG_SECONDS / 2
