"""Which database and broker the environment names."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from dashboard.running import engines

DATA = Path("/srv/50% odd #1?")


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DAYTWO_DATABASE_URL", "DAYTWO_REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


def test_without_a_url_the_database_is_a_file_of_the_data_folder_whatever_its_name() -> None:
    assert engines.database(DATA) == {"ENGINE": engines.SQLITE, "NAME": "/srv/50% odd #1?/daytwo.sqlite3"}
    assert engines.redis_url() == ""


def test_a_password_with_signs_in_it_arrives_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYTWO_DATABASE_URL", "postgres://daytwo:p%40ss%2Fw%3Ard@db:5432/day")
    found = engines.database(DATA)
    assert (found["ENGINE"], found["PASSWORD"], found["HOST"], found["PORT"]) == (
        engines.POSTGRESQL,
        "p@ss/w:rd",
        "db",
        5432,
    )


def test_a_url_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "url").write_text("rediss://:secret@redis:6379/0\n")
    monkeypatch.setenv("DAYTWO_REDIS_URL_FILE", str(tmp_path / "url"))
    assert engines.redis_url() == "rediss://:secret@redis:6379/0"


@pytest.mark.parametrize(
    "url",
    [
        "postgres://u:hunter2/x@db:5432/day",
        "mysql://u:hunter2@db/day",
        "hunter2",
        "postgress://u:hunter2@db/day",
        "postgres://u:hunter2@db:port/day",
    ],
)
def test_what_is_no_database_is_refused_without_repeating_it(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DAYTWO_DATABASE_URL", url)
    with pytest.raises(ImproperlyConfigured, match="DAYTWO_DATABASE_URL is none") as refused:
        engines.database(DATA)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://:hunter2@redis", "redis://:hunter2/x@redis:6379", "redis:6379"])
def test_what_is_no_broker_is_refused_without_repeating_it(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DAYTWO_REDIS_URL", url)
    with pytest.raises(ImproperlyConfigured, match="DAYTWO_REDIS_URL is none") as refused:
        engines.redis_url()
    assert "hunter2" not in str(refused.value)
