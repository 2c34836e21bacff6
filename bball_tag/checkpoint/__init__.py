"""Checkpoints: what they promise, the model in them, and which one is used when none is named."""
