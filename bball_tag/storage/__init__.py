"""Files on shared storage: addresses such as `s3://bucket/game.mp4`, through fsspec."""

from bball_tag.storage.address import Address, each_of, expanded, located, within
from bball_tag.storage.copies import local_file, send

__all__ = ["Address", "each_of", "expanded", "local_file", "located", "send", "within"]
