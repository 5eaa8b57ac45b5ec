"""Tokens had by signing in: how seldom they are asked for, and what a refusal costs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from collectors.errors import Outcome, PollError
from collectors.login import PATH
from tests.collectors.signing_in import LIFE_SECONDS, NOON, SUMMARY, Scene


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene()
    with made.simulator.running():
        yield made


def test_many_polls_sign_in_once(scene: Scene) -> None:
    taken = [scene.poll() for _ in range(10)]
    assert taken == [2] + 9 * [1]
    assert scene.logins.attempts == 1


def test_a_token_is_renewed_at_80_percent_of_its_life(scene: Scene) -> None:
    scene.poll()
    scene.now += 0.79 * LIFE_SECONDS
    scene.poll()
    assert scene.logins.granted == 1
    scene.now += 0.02 * LIFE_SECONDS
    scene.poll()
    assert scene.logins.granted == 2
    scene.now += 0.5 * LIFE_SECONDS
    assert scene.poll() == 1


def test_a_token_that_still_holds_is_used_while_the_identity_service_is_away(scene: Scene) -> None:
    scene.poll()
    scene.simulator.fault(PATH, "503")
    scene.now += 0.9 * LIFE_SECONDS
    scene.poll()
    scene.now += 0.2 * LIFE_SECONDS
    error = scene.refused()
    assert error.outcome is Outcome.SERVER_ERROR and error.detail.startswith("Sign-in: ")
    scene.simulator.clear()
    scene.now += 11
    scene.poll()


def test_a_token_refused_early_is_renewed_once_and_the_request_repeated(scene: Scene) -> None:
    scene.poll()
    scene.logins.revoke()
    assert scene.poll() == 3
    assert (scene.logins.granted, scene.poll()) == (2, 1)


def test_one_poll_renews_once_and_the_next_refusal_stands(scene: Scene) -> None:
    url = scene.simulator.router_url + SUMMARY
    with scene.target().open(deadline_seconds=20) as client:
        client.get(url)
        scene.logins.revoke()
        client.get(url)
        scene.logins.revoke()
        scene.now += 100
        with pytest.raises(PollError) as caught:
            client.get(url)
    assert (caught.value.http_status, scene.logins.granted) == (401, 2)
    scene.poll()
    assert scene.logins.granted == 3


def test_a_new_token_that_is_refused_too_leaves_the_refusal_as_it_is(scene: Scene) -> None:
    scene.simulator.fault("/mesos/*", "401")
    for _ in range(20):
        error = scene.refused()
        assert (error.outcome, error.http_status) == (Outcome.AUTH, 401)
    assert scene.logins.granted == 2


def test_tokens_that_are_always_refused_are_renewed_less_and_less_often(scene: Scene) -> None:
    scene.simulator.fault("/mesos/*", "401")
    renewed_at = []
    for second in range(0, 3600, 10):
        before, scene.now = scene.logins.granted, NOON + second
        scene.refused()
        renewed_at += [second] * (scene.logins.granted - before)
    # The first poll signs in and renews; from then on the pauses double, up to ten minutes.
    assert renewed_at[:6] == [0, 0, 60, 180, 420, 900]
    assert max(renewed_at) > 3000 and len(renewed_at) <= 12


def test_a_wrong_password_is_tried_four_times_in_ten_minutes_then_once_in_ten(scene: Scene) -> None:
    tried_at = []
    for second in range(0, 3600, 10):
        before, scene.now = scene.logins.attempts, NOON + second
        error = scene.refused("wrong")
        assert error.outcome is Outcome.AUTH and "the user name or password was refused" in error.detail
        tried_at += [second] * (scene.logins.attempts - before)
    assert tried_at == [0, 60, 180, 420, 900, 1500, 2100, 2700, 3300]


def test_a_refusal_says_for_how_long_it_is_not_tried_again(scene: Scene) -> None:
    told = [scene.refused("wrong").detail for _ in range(3)]
    assert set(told) == {
        "Sign-in: the user name or password was refused (401 Unauthorized: Invalid credentials.); not tried again for 60 s"
    }


def test_a_corrected_password_is_tried_at_once_and_a_wrong_one_gets_no_token_of_the_right_one(scene: Scene) -> None:
    scene.refused("wrong")
    scene.poll()
    assert scene.refused("wrong").outcome is Outcome.AUTH
    assert (scene.logins.granted, scene.logins.refused) == (1, 1)
