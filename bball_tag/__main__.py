"""`python -m bball_tag`."""

from bball_tag.cli import app

app()
