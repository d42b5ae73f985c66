"""The demo of edge computers: from nothing to locked manufacturing data, on real sockets."""

import json
from collections import Counter
from pathlib import Path

from orchestrator.cli.demo_hosts import BAD_HOSTS, SECRETS
from tests.end_to_end.test_demo import ask, orchestrator

COMPUTERS = 8


def test_good_computers_are_provisioned_and_bad_ones_are_told(tmp_path: Path) -> None:
    """One of each kind of bad one does not pass, with a reason; the good ones are locked once."""
    words = ("demo", "--recipe", "edge-computer-provisioning", "--boards", str(COMPUTERS))
    done = orchestrator(tmp_path, *words, "--faults", "--data-dir", "edge")
    folder = tmp_path / "edge"
    assert done.returncode == 1, done.stderr
    told = " ".join(done.stdout.split())
    for reason in (
        "model is UNO-137-E23BA; it must be TPC-315-R873B",
        "The host has no serial number",
        "locked with other data",
        "The sensor CPU shows",
        "revoked the host's certificate",
        "does not accept the account's name and password",
        "8 computers: 1 ERROR, 5 FAIL, 2 PASS",
    ):
        assert reason in told, told
    ends = dict(ask(folder, "SELECT port, outcome FROM run JOIN run_end USING (run_id)"))
    bad = len(BAD_HOSTS)
    assert [ends[f"P{n:03d}"] for n in range(bad + 1, COMPUTERS + 1)] == ["PASS"] * 2
    good = {
        name
        for (name,) in ask(
            folder,
            "SELECT DISTINCT i.device_id FROM identity i JOIN run_end e USING (run_id)"
            " WHERE e.outcome = 'PASS'",
        )
    }
    lines = (folder / "world.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    locked = Counter(row["device_id"].lower() for row in rows if row["what"] == "etp_locked")
    assert set(locked.values()) == {1}
    assert good <= set(locked)
    audit = (folder / "audit.db").read_bytes()
    for secret in (folder / SECRETS).iterdir():
        assert secret.stat().st_mode & 0o077 == 0
        assert secret.read_bytes() not in audit
