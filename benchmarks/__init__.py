"""Measurements: each file runs alone, prints a table, and as its last line JSON."""
