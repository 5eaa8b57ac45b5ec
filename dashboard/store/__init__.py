"""Writes: the only code that changes rows. One writer a noun; `ingest` is the way in for everything a poll brings."""
