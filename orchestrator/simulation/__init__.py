"""The pretend factory: simulated boards on real sockets, their faults, sample images.

Nothing below this floor knows it. Recipes are developed on it.
"""
