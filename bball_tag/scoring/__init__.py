"""From frames to label probabilities, computed once and kept in a store that survives a kill."""
