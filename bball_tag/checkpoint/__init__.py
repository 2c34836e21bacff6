"""Checkpoints: what they promise, the network in them, and which one is used when none is named."""
