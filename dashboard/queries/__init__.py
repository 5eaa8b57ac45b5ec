"""Reads: one module a question, each answer frozen, its price in queries stated and tested."""
