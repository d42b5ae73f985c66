"""Runs one plan on one unit: sections, steps, timeouts, retries, limits, gate, teardown, outcome.

Knows neither vendor nor database: it is handed step definitions, clients, and a `Recorder`.
"""
