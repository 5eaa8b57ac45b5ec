from __future__ import annotations

import gc

from dashboard.running import memory


def test_what_is_loaded_is_left_out_of_later_searches() -> None:
    try:
        memory.settle(sender="a worker")
        assert gc.get_freeze_count() > 10_000 and gc.isenabled()
    finally:
        gc.unfreeze()
