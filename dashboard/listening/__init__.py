"""Listening to clusters: their event streams are read, and written as polls would write them (house, D12)."""
