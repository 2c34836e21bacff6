"""Who is where: tracks of players, and the picture of one player."""
