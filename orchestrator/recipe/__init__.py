"""The recipe language: YAML text in, every mistake at once or a frozen plan out.

Knows nothing of how a step works: it sees steps as signatures (`recipe.signature`). The engine
runs what comes out of here.
"""

LANGUAGE_VERSION = 1
"""The version that a recipe names in its first line, `recipe: 1`; it stays readable for ever."""
