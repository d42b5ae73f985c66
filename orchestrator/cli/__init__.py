"""The command line: one file per noun. Heavy imports live inside the command that needs them."""
