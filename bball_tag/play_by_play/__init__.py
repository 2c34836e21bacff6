"""Play-by-play: what people typed during the game, and the seconds of video that it is about."""
