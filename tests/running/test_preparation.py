"""What a first start makes and a second one leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from pytest_django import DjangoAssertNumQueries, Settings

from dashboard.roles import Role, role_of
from dashboard.running import preparation


@pytest.fixture
def tree(tmp_path: Path, settings: Settings) -> Path:
    """An own static tree with one file, collected into a data folder to throw away."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "page.css").write_text("p {}")
    settings.STATICFILES_DIRS = [tmp_path / "own"]
    settings.INSTALLED_APPS = ["django.contrib.staticfiles"]
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.DATA_DIR = tmp_path
    return tmp_path


def test_static_files_are_collected_again_only_when_one_changed(tree: Path) -> None:
    collected = tree / "collected" / "page.css"
    preparation.collect_static()
    assert collected.read_text() == "p {}"

    collected.write_text("left alone")
    preparation.collect_static()
    assert collected.read_text() == "left alone"

    (tree / "own" / "page.css").write_text("p { margin: 0 }")
    preparation.collect_static()
    assert collected.read_text() == "p { margin: 0 }"


def test_static_files_that_were_removed_are_collected_again(tree: Path) -> None:
    preparation.collect_static()
    (tree / "collected" / "page.css").unlink()
    (tree / "collected").rmdir()
    preparation.collect_static()
    assert (tree / "collected" / "page.css").exists()


@pytest.mark.django_db
def test_the_first_admin_gets_a_password_of_its_own_once() -> None:
    made = preparation.make_first_admin()
    assert made
    name, password = made
    assert name == "admin"
    assert password
    admin = User.objects.get()
    assert admin.check_password(password)
    assert role_of(admin) is Role.ADMIN
    assert preparation.make_first_admin() is None


@pytest.mark.django_db
def test_a_given_password_is_taken_and_not_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("correct horse battery\n")
    monkeypatch.setenv("DAYTWO_ADMIN_PASSWORD_FILE", str(tmp_path / "password"))
    assert preparation.make_first_admin() == ("admin", None)
    assert User.objects.get().check_password("correct horse battery")


@pytest.mark.django_db
def test_a_weak_password_makes_no_admin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYTWO_ADMIN_PASSWORD", "admin")
    with pytest.raises(ValidationError):
        preparation.make_first_admin()
    assert not User.objects.exists()


@pytest.mark.django_db
def test_an_installation_with_users_gets_no_admin() -> None:
    User.objects.create_user("somebody")
    assert preparation.make_first_admin() is None
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_the_roles_are_made_once(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    Group.objects.create(name="viewer")
    preparation.make_roles()
    assert set(Group.objects.values_list("name", flat=True)) == {"viewer", "operator", "admin"}
    with django_assert_num_queries(1):
        preparation.make_roles()


@pytest.mark.django_db
def test_a_database_that_is_up_to_date_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    preparation.migrate()
    assert capsys.readouterr() == ("", "")
