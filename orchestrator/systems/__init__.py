"""The outside systems, one sealed room each. No room knows another."""
