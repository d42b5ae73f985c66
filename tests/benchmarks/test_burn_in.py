"""The benchmark of burn-ins runs, in its small form."""

from pathlib import Path

from tests.benchmarks.burn_in import good, measure


async def test_the_small_form_keeps_every_sample(tmp_path: Path) -> None:
    """Three computers for four seconds: every sample that was taken is in the audit."""
    figures = await measure(tmp_path, 3, 4)
    assert good(figures), figures
    assert figures["values_in_audit"] == 8 * figures["samples_in_audit"]
    assert figures["daemon_cpu_percent"] > 0
