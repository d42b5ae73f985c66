"""What the writer needs of a signing key: its names, and signed notes about the chain.

How a key is kept and what a note looks like is left to `keys.py` and `checkpoint.py`.
"""

from typing import Protocol


class Signer(Protocol):
    """A station's key in use. Its methods are called from the writer's thread."""

    @property
    def station_id(self) -> str:
        """The station whose chain is signed."""
        ...

    @property
    def key_id(self) -> str:
        """The name of the key."""
        ...

    @property
    def public_key(self) -> str:
        """The public half, Ed25519, base64."""
        ...

    def note(self, epoch_id: str, up_to: int, head: bytes) -> str:
        """Return the signed text that says: in this epoch the chain up to `up_to` has `head`."""
        ...
