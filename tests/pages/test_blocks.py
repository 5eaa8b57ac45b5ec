from __future__ import annotations

import pytest

from dashboard.pages.blocks import attempt


def test_a_block_that_answers_has_no_error() -> None:
    found = attempt("sum", lambda: 1 + 1)
    assert (found.answer, found.error_id, found.failed_at) == (2, "", None)


def test_a_block_that_fails_is_known_by_an_id_that_stands_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    found = attempt("sum", lambda: 1 // 0)
    assert found.answer is None and found.failed_at is not None
    (record,) = caplog.records
    assert found.error_id in record.getMessage() and "sum" in record.getMessage()
    assert "'exc_info': True" in record.getMessage()
    assert attempt("sum", lambda: 1 // 0).error_id != found.error_id
