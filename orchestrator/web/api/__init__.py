"""The station API, `/api/v1`: what other programs, and the panel, ask a station and have it do.

`table` lists the operations, `routes` serves them, `models` and `evidence` say what is exchanged.
"""

PREFIX = "/api/v1"
