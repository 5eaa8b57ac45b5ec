"""The house's budgets and walls that no other tool holds."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("collectors", "dashboard")
BANNED = {"utils", "helpers", "common", "misc", "base", "manager", "services", "selectors"}
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_TASK = 250, 40, 6
CLOSED_TOP = {
    "manage.py", "pyproject.toml", "README.md", "dashboard", "collectors", "templates", "static", "tests",
    "LICENSE", "CONTRIBUTING.md", "CHANGELOG.md", "requirements.txt", "requirements-dev.txt", "var",
}  # fmt: skip


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (path for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_the_top_level_is_closed() -> None:
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert found <= CLOSED_TOP


def test_files_are_small_and_have_one_subject() -> None:
    long = {str(path): count for path in modules() if (count := len(path.read_text().splitlines())) > LONGEST_FILE}
    assert long == {}


def test_functions_fit_on_a_screen() -> None:
    long = [f"{path}:{one.name}" for path in modules() for one in functions(path) if length(one) > LONGEST_FUNCTION]
    assert long == []


def test_no_module_is_named_after_nothing() -> None:
    assert [path for path in modules() if path.stem in BANNED] == []


def test_tasks_are_doors_not_rooms() -> None:
    tasks = list(functions(ROOT / "dashboard" / "tasks.py"))
    assert tasks and all(len(task.body) <= LONGEST_TASK for task in tasks)


def test_there_are_no_signals() -> None:
    found = [
        path for path in modules() if "django.dispatch" in path.read_text() or "db.models.signals" in path.read_text()
    ]
    assert found == []


def test_templates_hold_no_script_style_or_unescaped_text() -> None:
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        assert "|safe" not in text and "autoescape off" not in text and " style=" not in text, path
        for tag in text.split("<script")[1:]:
            assert " src=" in tag.split(">")[0], path


def test_templates_are_short() -> None:
    long = [path for path in (ROOT / "templates").rglob("*.html") if len(path.read_text().splitlines()) > 120]
    assert long == []


def test_the_only_json_columns_are_layouts_and_what_the_cluster_maps_or_lists_at_will() -> None:
    """The names of a layout, and of a set of metrics with its tags; labels, flags and configurations; lists of an app or a
    deployment that are only ever shown whole."""
    texts = {path.name: path.read_text() for path in (ROOT / "dashboard" / "models").glob("*.py")}
    found = {name: text.count("JSONField") for name, text in texts.items() if "JSONField" in text}
    assert found == {"readings.py": 1, "containers.py": 1, "processes.py": 1, "apps.py": 8, "app_metrics.py": 2}
