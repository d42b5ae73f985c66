"""Ground floor: the field's words as values without I/O.

Outcomes, errors, measurements, the rows of the audit, events, clock and ids, and the two
protocols by which the floors above meet (`Recorder`, `Fixture`). It imports nothing of the house.
"""
