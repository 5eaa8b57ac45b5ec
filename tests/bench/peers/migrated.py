"""The empty database that parts of a run begin with: `python -m tests.bench.peers.migrated FOLDER`, which is left to it.

To apply the migrations takes as long as some parts do: one makes them, and each begins with a copy. The last line is where.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

from tests.bench.store import EMPTY_DATABASE


def begin() -> None:
    """Bring the database of the settings, which is empty, to what the product begins with: by a copy where there is one."""
    from django.core.management import call_command
    from django.db import connection

    empty = os.environ.get(EMPTY_DATABASE)
    if empty and connection.vendor == "sqlite":
        shutil.copyfile(empty, connection.settings_dict["NAME"])
    else:
        call_command("migrate", verbosity=0)


if __name__ == "__main__":
    from tests.bench.peers.day_two import prepared

    prepared(Path(sys.argv[1]))
    from django.db import connection

    connection.close()  # what is in its journal goes into the file
    sys.stdout.write(json.dumps({"file": str(connection.settings_dict["NAME"])}) + "\n")
