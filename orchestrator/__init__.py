"""Factory-floor manufacturing orchestrator: a station daemon that runs recipes on many boards.

`docs/` explains the house; `orchestrator --help` lists what it can do. Importing this package does
nothing: every floor is imported by the command that needs it.
"""

__version__ = "0.1.0"
