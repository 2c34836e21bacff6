"""The review page: look at a game's events, judge and correct them, name its players."""
