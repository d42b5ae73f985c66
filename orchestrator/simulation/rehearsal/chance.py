"""Chance, split from the seed by name: a fault that is added does not shift any other."""

import random


def chance(seed: int, *names: object) -> random.Random:
    """Return the generator of that name; the same seed and name always give the same numbers."""
    path = "/".join(str(name) for name in (seed, *names))
    return random.Random(path)  # noqa: S311  # a rehearsal, no secret
