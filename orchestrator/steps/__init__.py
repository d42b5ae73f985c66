"""The verbs of recipes, one file per family; `table.py` lists them from top to bottom."""
