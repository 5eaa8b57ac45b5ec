from __future__ import annotations

import pytest

from collectors.addresses import Origin, origin_of
from collectors.errors import Outcome, PollError
from collectors.login import Account
from collectors.target import Kind, Target, ask_leader, blame, find_leader
from tests.faults import server as fault
from tests.faults.server import FaultServer

PATH = "/master/state-summary"


def test_a_target_is_checked_when_it_is_made() -> None:
    assert Target(Kind.DCOS, "https://dcos.example.com/").url == "https://dcos.example.com"
    for url in ("dcos.example.com", "https://a@b"):
        with pytest.raises(ValueError):
            Target(Kind.DCOS, url)
    with pytest.raises(ValueError):
        Target(Kind.MESOS, "http://m1:5050", ("m2:5050",))


@pytest.mark.parametrize("token", ["", "a\r\nHost: evil", "a\nb", "tökén"])
def test_a_token_that_could_forge_a_header_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="token"):
        Target(Kind.DCOS, "https://dcos.example.com", token=token)


def test_a_cluster_is_signed_in_to_by_token_or_by_password_not_both() -> None:
    ana = Account("ana", "hush")
    assert Target(Kind.DCOS, "https://dcos.example.com/", account=ana).sign_in
    assert Target(Kind.DCOS, "https://dcos.example.com", token="t").sign_in is None
    with pytest.raises(ValueError, match="not both"):
        Target(Kind.DCOS, "https://dcos.example.com", token="t", account=ana)
    with pytest.raises(ValueError, match="Plain Mesos"):
        Target(Kind.MESOS, "http://m1:5050", account=ana)


def test_a_ca_file_without_a_certificate_is_refused() -> None:
    with pytest.raises(ValueError, match="certificate"):
        Target(Kind.DCOS, "https://dcos.example.com", ca_pem="hello")


def test_the_token_is_not_shown() -> None:
    assert "s3cret" not in repr(Target(Kind.DCOS, "https://dcos.example.com", token="s3cret"))
    assert "s3cret" not in repr(Target(Kind.DCOS, "https://dcos.example.com", account=Account("ana", "s3cret")))


def test_only_admin_router_may_be_told_a_dcos_token() -> None:
    target = Target(Kind.DCOS, "https://dcos.example.com", ("http://m1:5050",))
    assert target.token_origins == {("https", "dcos.example.com", 443)}


def test_every_registered_master_may_be_told_a_mesos_token() -> None:
    target = Target(Kind.MESOS, "http://m1:5050", ("http://m2:5050", "http://m1:5050/"))
    assert target.token_origins == {("http", "m1", 5050), ("http", "m2", 5050)}
    assert target.masters == ("http://m1:5050", "http://m2:5050")


def test_a_mesos_leader_may_be_asked_where_masters_are() -> None:
    target = Target(Kind.MESOS, "http://m1:6060")
    assert target.leader_url(Origin("http", "10.0.0.2", 6060)) == "http://10.0.0.2:6060"
    assert target.leader_url(Origin("http", "10.0.0.2", 5050)) == "http://10.0.0.2:5050"
    with pytest.raises(PollError) as caught:
        target.leader_url(Origin("http", "10.0.0.2", 22))
    assert caught.value.outcome is Outcome.REDIRECT_REFUSED


def test_a_dcos_leader_is_asked_directly_only_where_it_is_known() -> None:
    target = Target(Kind.DCOS, "https://dcos.example.com", ("http://m1:6060",))
    assert target.leader_url(Origin("https", "m1", 6060)) == "http://m1:6060"
    assert target.leader_url(Origin("https", "10.0.0.2", 5050), ["10.0.0.2"]) == "http://10.0.0.2:5050"
    for named, outcome in (("10.0.0.3", Outcome.NOT_LEADER), ("m1", Outcome.NOT_LEADER)):
        with pytest.raises(PollError) as caught:
            target.leader_url(Origin("https", named, 5050), ["10.0.0.2"])
        assert caught.value.outcome is outcome


def test_a_masters_own_port_is_the_registered_one_or_5050() -> None:
    target = Target(Kind.DCOS, "https://dcos.example.com", ("https://m1:6060",))
    assert target.direct_master("m1") == "https://m1:6060"
    assert target.direct_master("10.0.0.2") == "http://10.0.0.2:5050"
    assert target.direct_master("fd12::7") == "http://[fd12::7]:5050"
    assert [target.direct_master(host) for host in ("../x", "a:b", "169.254.169.254", "fe80::1")] == [None] * 4


def test_a_follower_sends_us_to_the_leader_and_is_believed() -> None:
    with FaultServer({PATH: fault.document({"a": 1})}) as leader, FaultServer() as follower:
        follower.scripts[PATH] = fault.redirect(f"//127.0.0.1:{leader.port}{PATH}")
        target = Target(Kind.MESOS, follower.url, (leader.url,))
        with target.open(deadline_seconds=5) as client:
            assert ask_leader(client, target, PATH).url == leader.url + PATH


def test_a_dead_leader_that_is_still_named_is_asked_once() -> None:
    dead = fault.free_port()
    script = fault.redirect(f"//127.0.0.1:{dead}")
    with FaultServer({PATH: script}) as one, FaultServer({PATH: script}) as two:
        target = Target(Kind.MESOS, one.url, (two.url, f"http://127.0.0.1:{dead}"))
        with target.open(deadline_seconds=5) as client, pytest.raises(PollError) as caught:
            ask_leader(client, target, PATH)
    assert caught.value.outcome is Outcome.REFUSED
    assert client.requests == 4  # each follower, and the dead one with its second try


def test_a_silent_first_master_does_not_hide_the_leader() -> None:
    with FaultServer({PATH: fault.document({})}) as leader:
        target = Target(Kind.MESOS, f"http://127.0.0.1:{fault.free_port()}", (leader.url,))
        with target.open(deadline_seconds=5) as client:
            assert ask_leader(client, target, PATH).status == 200


def test_masters_without_a_leader_say_so() -> None:
    silent = fault.answer(b"No leader elected", status="503 Service Unavailable")
    with FaultServer({"/redirect": silent, "/mesos/redirect": silent}) as server:
        for kind in Kind:
            target = Target(kind, server.url)
            with target.open(deadline_seconds=5) as client, pytest.raises(PollError) as caught:
                find_leader(client, target)
            assert caught.value.outcome is Outcome.NOT_LEADER


def test_the_leader_is_who_the_redirect_names() -> None:
    with FaultServer({"/mesos/redirect": fault.redirect("//10.0.0.9:5050")}) as router:
        target = Target(Kind.DCOS, router.url, token="t")
        with target.open(deadline_seconds=5) as client:
            assert find_leader(client, target) == origin_of("http://10.0.0.9:5050")


def test_the_commonest_failure_is_the_polls_failure() -> None:
    errors = [PollError(Outcome.DNS, "a"), PollError(Outcome.REFUSED, "b"), PollError(Outcome.REFUSED, "c")]
    assert (blame(errors).outcome, blame(errors).detail) == (Outcome.REFUSED, "b; a; c")
    assert blame([]).outcome is Outcome.NOT_LEADER


def test_marathons_have_keys_that_tell_them_apart_the_root_one_first() -> None:
    given = (
        "https://d/service/team/own",
        "https://d/service/marathon/",
        "http://m:8080",
        "http://m:8080/b",
        "https://m:8080/b",
        "http://M:8080",
    )
    dcos = Target(Kind.DCOS, "https://d", marathon_urls=given).marathons
    assert [(place.key, place.url) for place in dcos] == [
        ("marathon", "https://d/service/marathon"),
        ("team/own", "https://d/service/team/own"),
        ("m:8080", "http://M:8080"),
        ("m:8080/b", "http://m:8080/b"),
        ("https://m:8080/b", "https://m:8080/b"),
    ]


def test_on_plain_mesos_the_first_marathon_given_is_the_root_one() -> None:
    given = ("http://m:8080", "https://d/service/marathon")
    mesos = Target(Kind.MESOS, "http://d:5050", marathon_urls=given).marathons
    assert [(place.key, place.url) for place in mesos] == [
        ("marathon", "http://m:8080"),
        ("d:443", "https://d/service/marathon"),
    ]
    assert Target(Kind.MESOS, "http://d:5050").marathons == ()


@pytest.mark.parametrize("url", ["ftp://m", "http://u:p@m", "http://m/?a=b", "http://169.254.169.254"])
def test_a_marathon_url_that_is_never_asked_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        Target(Kind.MESOS, "http://d:5050", marathon_urls=(url,))
