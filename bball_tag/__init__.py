"""Timestamped action labels for basketball video."""

__version__ = "0.1.0"
