"""A game is scored in one pass, or cut into segments that processes or machines share."""
