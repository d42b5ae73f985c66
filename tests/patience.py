"""How long tests wait for what has to come: no test is judged by the speed of its machine."""

PATIENCE_SECONDS = 300.0
"""Only what hangs takes this long, even where many tests share slow processors and a slow disk."""
