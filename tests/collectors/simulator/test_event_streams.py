"""The leading master's and Marathon's event streams, from the other end of a socket."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from collectors.simulator import Settings, Simulator, Timing
from tests.collectors.simulator.streams import MARATHON, MESOS, Stream, attached, subscribed, updates
from tests.patience import HANG_SECONDS

QUICK = Timing(ping_timeout_seconds=0.5, election_seconds=0.5)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    settings = Settings(agents=3, tasks_per_agent=4, with_stories=False, with_control=True, timing=QUICK)
    with Simulator(settings).running() as running:
        yield running


def opened(stream: Stream) -> bool:
    return bool(stream.records())


def told_failed(stream: Stream) -> bool:
    return any(update["state"] == "TASK_FAILED" for update in updates(stream.records()))


def listed(simulator: Simulator) -> dict[str, list[dict[str, object]]]:
    connection = http.client.HTTPConnection(urlsplit(simulator.router_url).netloc, timeout=HANG_SECONDS)
    connection.request("POST", MESOS, b'{"type":"GET_TASKS"}', {"Content-Type": "application/json"})
    told: dict[str, list[dict[str, object]]] = json.loads(connection.getresponse().read())["get_tasks"]
    connection.close()
    return told


def test_the_first_record_is_the_whole_cluster(simulator: Simulator) -> None:
    with subscribed(simulator) as stream:
        first = stream.until(opened).records()[0]
    state = first["subscribed"]["get_state"]
    assert (first["type"], first["subscribed"]["heartbeat_interval_seconds"]) == ("SUBSCRIBED", 15.0)
    assert state["get_tasks"]["tasks"] == listed(simulator)["tasks"]
    assert len(state["get_agents"]["agents"]) == 3 and state["get_frameworks"]["frameworks"]


def test_a_master_that_does_not_lead_sends_subscribers_on(simulator: Simulator) -> None:
    leader, *others = simulator.master_urls
    with subscribed(simulator, url=leader, path="/api/v1") as stream:
        assert stream.status == 200
    with subscribed(simulator, url=others[0], path="/api/v1") as stream:
        assert stream.status == 307 and stream.headers["Location"] == f"//{urlsplit(leader).netloc}/api/v1"


def test_a_task_that_fails_is_told_as_get_tasks_tells_it(simulator: Simulator) -> None:
    with subscribed(simulator) as stream:
        stream.until(opened)
        simulator.cue("fail_tasks", name="marathon", per_hour="7200")
        failed = next(one for one in updates(stream.until(told_failed).records()) if one["state"] == "TASK_FAILED")
        kinds = [record["type"] for record in stream.records()]
    assert kinds[:4] == ["SUBSCRIBED", "TASK_ADDED", "TASK_UPDATED", "TASK_UPDATED"]
    later = {task["task_id"]["value"]: task for task in listed(simulator)["completed_tasks"]}  # type: ignore[index]
    assert failed["status"] == later[failed["status"]["task_id"]["value"]]["statuses"][-1]  # type: ignore[index]
    assert failed["status"]["reason"] and failed["status"]["message"]


def test_an_agent_that_dies_takes_its_tasks_out_of_reach(simulator: Simulator) -> None:
    host = simulator.world.plan.agents[0].host
    with subscribed(simulator) as stream:
        stream.until(opened)
        simulator.cue("kill_agent", host=host)
        stream.until(lambda one: one.records()[-1]["type"] == "AGENT_REMOVED")
        lost = updates(stream.records())
    assert len(lost) == 4 and {one["state"] for one in lost} == {"TASK_UNREACHABLE"}
    assert [one["status"] for one in lost] == [task["statuses"][-1] for task in listed(simulator)["unreachable_tasks"]]  # type: ignore[index]


def test_a_framework_that_goes_and_comes_back_is_told(simulator: Simulator) -> None:
    with subscribed(simulator) as stream:
        stream.until(opened)
        simulator.cue("disconnect_framework", name="kafka")
        stream.until(lambda one: one.records()[-1]["type"] == "FRAMEWORK_UPDATED")
        simulator.cue("tear_down_framework", name="kafka")
        stream.until(lambda one: one.records()[-1]["type"] == "FRAMEWORK_REMOVED")
        simulator.cue("register_framework", name="kafka")
        stream.until(lambda one: one.records()[-1]["type"] == "FRAMEWORK_ADDED")


def test_two_subscribers_are_told_the_same_and_nothing_twice(simulator: Simulator) -> None:
    with subscribed(simulator) as one, subscribed(simulator) as other:
        one.until(opened), other.until(opened)
        simulator.cue("fail_tasks", name="marathon", per_hour="7200")
        one.until(lambda stream: len(updates(stream.records())) >= 6)
        other.until(lambda stream: len(stream.records()) >= len(one.records()))
        told, also = one.records()[1:], other.records()[1:]
    assert also[: len(told)] == told
    states = Counter((each["status"]["task_id"]["value"], each["state"]) for each in updates(told))
    assert set(states.values()) == {1}


@pytest.mark.parametrize("path", [MESOS, "/service/marathon/*"])
@pytest.mark.parametrize("cut_at", [1, 7, 60])
def test_a_stream_is_cut_at_the_very_byte(cut_at: int, path: str, simulator: Simulator) -> None:
    simulator.fault(path, "truncate", cut_at)
    with (subscribed if path == MESOS else attached)(simulator) as stream:
        assert len(stream.to_its_end()) == cut_at


def test_a_stream_can_be_reset_in_a_record(simulator: Simulator) -> None:
    simulator.fault(MESOS, "reset", 100)
    with subscribed(simulator) as stream:
        with pytest.raises(ConnectionResetError):
            stream.to_its_end()
        assert len(stream.body) == 100


def test_a_record_of_garbage_comes_behind_the_first(simulator: Simulator) -> None:
    simulator.fault(MESOS, "garbage")
    with subscribed(simulator) as stream, pytest.raises(json.JSONDecodeError):
        stream.until(lambda one: len(one.records()) > 1)


def test_an_oversized_record_comes_behind_the_first(simulator: Simulator) -> None:
    simulator.fault(MESOS, "oversized", 1)
    with subscribed(simulator) as stream:
        stream.until(lambda one: len(one.body) > 2**20 and len(one.records()) > 1)
        assert len(stream.records()[1]["padding"]) == 2**20


def test_a_mute_stream_does_not_go_on_behind_its_first_record(simulator: Simulator) -> None:
    simulator.fault(MESOS, "mute")
    with subscribed(simulator, seconds=1.5) as stream:
        stream.until(opened)
        simulator.cue("disconnect_framework", name="kafka")
        with pytest.raises(TimeoutError):
            stream.read()


def test_a_hanging_stream_does_not_begin(simulator: Simulator) -> None:
    simulator.fault(MESOS, "hang")
    with pytest.raises(TimeoutError), subscribed(simulator, seconds=0.4):
        pass


def test_a_dripping_stream_comes_byte_by_byte(simulator: Simulator) -> None:
    simulator.fault(MESOS, "drip", 2_000)
    with subscribed(simulator) as stream:
        stream.read()
        assert 0 < len(stream.body) < 1_000 and not stream.records()


def test_open_streams_are_cut_on_cue(simulator: Simulator) -> None:
    with subscribed(simulator) as master, attached(simulator) as marathon:
        master.until(opened), marathon.until(lambda one: bool(one.events()))
        connection = http.client.HTTPConnection(urlsplit(simulator.router_url).netloc, timeout=HANG_SECONDS)
        connection.request("POST", "/_control", b'{"cut": "streams"}')
        assert connection.getresponse().status == 200
        connection.close()
        for stream in (master, marathon):
            with pytest.raises(ConnectionResetError):
                stream.to_its_end()


def test_a_stream_ends_with_its_leader(simulator: Simulator) -> None:
    own = simulator.master_urls[0]
    with subscribed(simulator) as through, subscribed(simulator, url=own, path="/api/v1") as direct:
        through.until(opened), direct.until(opened)
        simulator.cue("kill_leader")
        through.to_its_end()
        with pytest.raises(ConnectionResetError):
            direct.to_its_end()
    with pytest.raises(ConnectionRefusedError), subscribed(simulator, url=own, path="/api/v1"):
        pass


def test_fifty_streams_cost_no_thread_and_are_forgotten_when_they_end(simulator: Simulator) -> None:
    threads = threading.active_count()
    with ExitStack() as stack:
        streams = [stack.enter_context(subscribed(simulator)) for _ in range(50)]
        assert all(stream.until(opened) for stream in streams)
        assert threading.active_count() == threads
        assert simulator.streams_open == 50
    ends_at = time.monotonic() + HANG_SECONDS
    while simulator.streams_open and time.monotonic() < ends_at:
        time.sleep(0.05)
    assert not simulator.streams_open


def test_marathon_tells_nobody_who_wants_no_events(simulator: Simulator) -> None:
    with attached(simulator, accept="application/json") as stream:
        assert stream.status == 406


def kinds_of(stream: Stream) -> list[str]:
    return [event["eventType"] for event in stream.events()]


def test_marathon_tells_of_deployments_and_its_own_tasks(simulator: Simulator) -> None:
    app = simulator.world.apps_of[0][0].name
    with attached(simulator, "?plan-format=light") as stream:
        stream.until(lambda one: kinds_of(one) == ["event_stream_attached"])
        simulator.cue("deploy", app=app)
        stream.until(lambda one: "deployment_info" in kinds_of(one))
        simulator.cue("end_deployment", app=app)
        stream.until(lambda one: "deployment_success" in kinds_of(one))
        simulator.cue("crash_app", app=app, per_hour="7200")
        stream.until(lambda one: "TASK_FAILED" in [event.get("taskStatus") for event in one.events()])
        assert "api_post_event" in kinds_of(stream)
        plans = [event["plan"] for event in stream.events() if "plan" in event]
        failed = next(event for event in stream.events() if event.get("taskStatus") == "TASK_FAILED")
    assert len(plans) == 3 and all(plan.keys() == {"id", "version"} for plan in plans)
    assert failed["appId"] == f"/{app}" and failed["message"] == "Command exited with status 78"


def test_marathon_tells_only_the_kinds_that_were_asked_for(simulator: Simulator) -> None:
    app = simulator.world.apps_of[0][0].name
    with attached(simulator, "?event_type=deployment_info&event_type=deployment_success") as stream:
        simulator.cue("deploy", app=app)
        stream.until(lambda one: bool(one.events()))
        simulator.cue("end_deployment", app=app)
        stream.until(lambda one: len(one.events()) > 1)
        assert kinds_of(stream) == ["deployment_info", "deployment_success"]


def test_marathons_stream_ends_when_it_leads_no_more(simulator: Simulator) -> None:
    with attached(simulator) as stream:
        stream.until(lambda one: bool(one.events()))
        simulator.cue("kill_marathon")
        stream.to_its_end()
    assert MARATHON in [request.path for request in simulator.requests_seen]


def test_an_instance_that_fails_its_checks_is_told() -> None:
    with Simulator(Settings(with_stories=False)).running() as simulator, attached(simulator) as stream:
        app = "sessions"
        stream.until(lambda one: bool(one.events()))
        simulator.cue("unhealthy_app", app=app)
        stream.until(lambda one: "instance_health_changed_event" in kinds_of(one))
        told = next(event for event in stream.events() if event["eventType"] == "instance_health_changed_event")
    assert told["runSpecId"] == f"/{app}" and told["healthy"] is False


def test_a_server_that_ends_takes_its_streams_with_it() -> None:
    with ExitStack() as stack:
        with Simulator(Settings(agents=3, with_stories=False)).running() as simulator:
            stream = stack.enter_context(subscribed(simulator))
            stream.until(opened)
        with pytest.raises(ConnectionResetError):
            stream.to_its_end()
