"""HTTP in one place: an endpoint as data, and the client that calls it.

Deadlines, byte caps, TLS, retry by idempotence, decoding and error mapping happen here and nowhere
else. The only floor that names httpx.
"""
