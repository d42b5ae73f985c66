"""The collector's settings of a station."""

import gc

from orchestrator.engine.memory import settle_collector


def test_what_is_loaded_is_left_alone() -> None:
    """After start-up the collector works on new objects alone, and less often."""
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    try:
        settle_collector()
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold()[0] > 700
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
