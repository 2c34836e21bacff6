"""From labelled clips to a checkpoint. Uses `bball_tag`, and is used by nothing in it."""
