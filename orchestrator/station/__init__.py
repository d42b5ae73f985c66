"""The daemon: settings, discovery, slots, one pipeline per slot, event hub, stop and recovery."""
