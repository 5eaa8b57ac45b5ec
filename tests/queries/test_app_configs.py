from __future__ import annotations

from dashboard.models import AppVersion
from dashboard.queries.app_configs import Change, changes, history


def test_only_what_differs_is_told_and_what_is_not_there_is_none() -> None:
    before, after = {"cpus": "1", "mem": "512", "user": "web"}, {"cpus": "2", "mem": "512", "role": "prod"}
    assert changes(before, after) == (
        Change("cpus", "1", "2"),
        Change("role", None, "prod"),
        Change("user", "web", None),
    )


def test_each_version_is_held_against_the_one_before_it_and_the_oldest_against_none() -> None:
    new, old = AppVersion(version="b", config={"cpus": "2"}), AppVersion(version="a", config={"cpus": "1"})
    newest, oldest = history([new, old])
    assert newest.changes == (Change("cpus", "1", "2"),)
    assert not newest.is_first
    assert (oldest.changes, oldest.is_first) == ((), True)


def test_an_app_without_versions_has_no_history() -> None:
    assert history([]) == []
