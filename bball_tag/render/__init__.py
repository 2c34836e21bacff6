"""Films from annotations: the overlay, clips of events, the reel of the best, clips to train with."""
