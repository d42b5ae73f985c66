"""The recipe language: YAML text in, every mistake at once or a frozen plan out.

Knows nothing of how a step works: it sees steps as signatures (`recipe.signature`). The engine
runs what comes out of here.
"""

LANGUAGE_VERSION = 1
"""The number that a recipe's first key `recipe:` must carry."""
