"""Timelines that people coded, as labelled spans to train on and to measure with."""
