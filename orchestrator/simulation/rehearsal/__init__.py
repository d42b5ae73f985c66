"""The rehearsal: the real program works whole shifts on a virtual clock, and everything goes wrong.

Station, engine, audit, recipe and clients are the real ones; boards, local service, people, disk,
clock and power are pretended, all by one seed. What really happened is written down here, for an
auditor that knows nothing of the program.
"""
