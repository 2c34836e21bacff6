"""Video from annotations: the overlay, clips of events, reels, and training clips."""
