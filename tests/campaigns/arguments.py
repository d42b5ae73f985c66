"""The command line that all campaigns share."""

import argparse
from argparse import Namespace


def arguments(campaign: str, *, count: int) -> Namespace:
    """Return count, database, seed, result and the command itself."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.campaigns.{campaign}")
    parser.add_argument("--count", type=int, default=count, help="how many trials")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--result", default="", help="write the result to this JSON file")
    if campaign == "kills":
        parser.add_argument("--places", default="", help="kill at these places alone")
        parser.add_argument("--after", default="", help="add the figures of this earlier result")
    given = parser.parse_args()
    words = [f"python -m tests.campaigns.{campaign}", f"--count {given.count}"]
    if campaign == "kills":
        words.append(f"--database {given.database}")
        words += [f"--places {given.places}"] if given.places else []
    given.command = " ".join([*words, f"--seed {given.seed}"])
    return given
