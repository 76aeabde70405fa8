"""Measurements: each takes the Settings and gives Tables.   One question per file."""
