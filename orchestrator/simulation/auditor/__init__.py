"""The auditor: reads what a shift left behind and says which promises were broken.

It shares no code with the program that it judges and needs nothing but Python: database, world log
and acknowledgements are read as anybody could read them.

    python -m orchestrator.simulation.auditor --database F --world F --acks F
"""

from orchestrator.simulation.auditor.evidence import Evidence, load
from orchestrator.simulation.auditor.judge import INVARIANTS, Invariant, Violation, judge

__all__ = ["INVARIANTS", "Evidence", "Invariant", "Violation", "judge", "load"]
