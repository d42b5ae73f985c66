"""The station daemon: it sees boards come and go and gives every slot its own pipeline.

It knows units, fixtures and recipes, never a vendor: `app.py` hands it the fixture, the audit and
the steps it works with.
"""
