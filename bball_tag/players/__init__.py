"""Who is where: tracks of players, the subjects of clips, and the crop of one player."""
