"""Advantech Platform Portal and EdgeHub agent: the computer at a port, or the station's own.

Vendor document: REST APIs of the Platform Portal and the EdgeHub agent, API version 1.2
(93 operations, five single event streams and two WebSockets among them). The document lost its
placeholders and the layout of its JSON; what had to be filled in is said at the rows and models.
Recordings of a real host held: none. Known differences are noted at the rows.
"""
