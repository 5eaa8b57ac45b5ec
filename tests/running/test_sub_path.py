from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from dashboard.running import sub_path

ROOT = Path(__file__).resolve().parents[2]
SAID = """
import json
from dashboard import settings
names = ["FORCE_SCRIPT_NAME", "STATIC_URL", "SESSION_COOKIE_NAME", "SESSION_COOKIE_PATH", "CSRF_COOKIE_PATH",
         "SECURE_HSTS_SECONDS", "SECURE_REDIRECT_EXEMPT"]
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


def settings_with(tmp_path: Path, **environment: str) -> dict[str, Any]:
    told = {**os.environ, "DAYTWO_DATA_DIR": str(tmp_path), **environment}
    done = subprocess.run([sys.executable, "-c", SAID], cwd=ROOT, env=told, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("text", "path"), [("", ""), ("/", ""), ("/service/daytwo/", "/service/daytwo"), ("/a.b-c_~", "/a.b-c_~")]
)
def test_a_sub_path_loses_its_last_slash(text: str, path: str) -> None:
    assert sub_path.checked(text) == path


@pytest.mark.parametrize(
    "text", ["daytwo", "//daytwo", "/a//b", "/a b", "/a;b", "/../a", "/a\n", "/ä", "https://x/a", "/a?b", "/%2e"]
)
def test_what_could_break_out_of_a_cookie_or_a_link_is_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DAYTWO_SUB_PATH is"):
        sub_path.checked(text)


def test_on_a_host_of_its_own_day_two_speaks_for_all_of_it(tmp_path: Path) -> None:
    found = settings_with(tmp_path, DAYTWO_BEHIND_TLS_PROXY="true")
    assert found["FORCE_SCRIPT_NAME"] is None and found["STATIC_URL"] == "/static/"
    assert (found["SESSION_COOKIE_NAME"], found["SESSION_COOKIE_PATH"]) == ("__Host-sessionid", "/")
    assert found["SECURE_HSTS_SECONDS"] > 0


def test_on_a_shared_host_cookies_keep_to_their_path_and_nothing_is_said_of_the_host(tmp_path: Path) -> None:
    found = settings_with(tmp_path, DAYTWO_BEHIND_TLS_PROXY="true", DAYTWO_SUB_PATH="/service/daytwo")
    assert found["STATIC_URL"] == "/service/daytwo/static/"
    assert found["SESSION_COOKIE_NAME"] == "__Secure-sessionid"
    assert (found["SESSION_COOKIE_PATH"], found["CSRF_COOKIE_PATH"]) == ("/service/daytwo", "/service/daytwo")
    assert found["SECURE_HSTS_SECONDS"] == 0


@pytest.mark.parametrize("path", ["", "/service/daytwo"])
def test_probes_come_without_tls_wherever_pages_are(path: str) -> None:
    patterns = [re.compile(f"^{one}$") for one in sub_path.exempt(path)]
    inside = f"{path}/".lstrip("/")
    for address, exempt in (
        ("-/healthy", True),
        ("-/ready", True),
        ("metrics", True),
        ("c/prod/", False),
        ("metrics/x", False),
    ):
        assert any(pattern.search(inside + address) for pattern in patterns) is exempt
